// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "larder/container/deque.h"
#include "larder/container/index.h"

namespace crawler {

/// What is kept of a page.
struct Page {
  std::uint32_t status = 0;
  std::uint64_t bytes = 0;
  std::uint32_t links = 0;
  std::uint32_t visits = 0;  ///< One: a page is kept in the step that takes it off the queue.
  std::string title;
};

/// What all workers share, on disk.
class Crawl {
 public:
  explicit Crawl(const std::filesystem::path& state);

  /// Notes the page to begin with, unless that was done before. What could not be fetched then gets
  /// another chance.
  void begin(const std::string& url);

  /// A page to fetch. Nothing once all are fetched or given up. Nobody else gets it, unless it goes
  /// without `keep()`, by the death of this process or otherwise.
  [[nodiscard]] std::optional<larder::Taken<std::string>> next();

  /// Keeps the page, queues those of its `links` that nobody has seen, and takes it off the queue:
  /// all of this or nothing.
  void keep(larder::Taken<std::string>& url, Page page, const std::set<std::string>& links);

  /// Notes why the page could not be fetched, and puts it back; after five attempts it is given up.
  void fail(larder::Taken<std::string>& url, const std::string& why);

  /// Addresses that were given up.
  [[nodiscard]] std::vector<std::string> given_up() const {
    return queue_.dead_letters().snapshot();
  }
  /// Why the page could not be fetched the last time.
  [[nodiscard]] std::string error_of(const std::string& url) const {
    return errors_.get(url).value_or("killed its workers");
  }
  /// Pages that are fetched or given up.
  [[nodiscard]] std::uint64_t finished() const;
  /// Pages that are known, fetched or not.
  [[nodiscard]] std::uint64_t known() const { return seen_.size(); }
  [[nodiscard]] const larder::Index<std::string, Page>& pages() const { return pages_; }

 private:
  void note(const std::string& url);

  larder::EnginePtr engine_;
  larder::Deque<std::string> queue_;
  larder::Index<std::string, bool> seen_;
  larder::Index<std::string, Page> pages_;
  larder::Index<std::string, std::string> errors_;
};

}  // namespace crawler
