// SPDX-License-Identifier: Apache-2.0
#include "crawl.h"

#include <chrono>
#include <utility>

namespace crawler {

using namespace larder;
using namespace std::chrono_literals;

Crawl::Crawl(const std::filesystem::path& state)
    : engine_(open_lmdb({.path = state})),
      queue_(engine_, "queue", {.max_attempts = 5}),
      seen_(engine_, "seen"),
      pages_(engine_, "pages"),
      errors_(engine_, "errors") {}

void Crawl::begin(const std::string& url) {
  engine_->update([&](WriteTxn&) {
    queue_.requeue_dead_letters();
    note(url);
  });
}

void Crawl::note(const std::string& url) {
  if (seen_.add(url, true)) queue_.push_back(url);
}

std::optional<Taken<std::string>> Crawl::next() {
  for (;;) {
    if (auto url = queue_.take_front_within(100ms)) return url;
    // Those who still fetch may find more links, or die.
    if (finished() == seen_.size()) return std::nullopt;
  }
}

std::uint64_t Crawl::finished() const {
  return engine_->view([&](ReadTxn&) { return pages_.size() + queue_.dead_letters().size(); });
}

void Crawl::fail(Taken<std::string>& url, const std::string& why) {
  engine_->update([&](WriteTxn&) {
    errors_.put(*url, why);
    url.give_back();
  });
}

void Crawl::keep(Taken<std::string>& url, Page page, const std::set<std::string>& links) {
  engine_->update([&](WriteTxn&) {
    for (const std::string& link : links) note(link);
    page.visits = pages_.get(*url).value_or(Page{}).visits + 1;
    pages_.put(*url, page);
    errors_.erase(*url);
    url.done();
  });
}

}  // namespace crawler
