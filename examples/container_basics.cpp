// SPDX-License-Identifier: Apache-2.0

// The code of docs/container/README.md.

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "larder/container/deque.h"
#include "larder/container/index.h"

namespace {

using namespace std::chrono_literals;

struct Page {
  std::string text;
};

std::vector<std::string> links_of(const std::string& url) {
  if (url != "https://example.org/") return {};
  return {"https://example.org/a", "https://example.org/b"};
}

Page fetch(const std::string& url) { return {.text = "what is at " + url}; }

void report(const std::string& url, const Page& page) {
  std::cout << url << ": " << page.text << "\n";
}

bool convert(const std::string& picture) {
  std::cout << "converting " << picture << "\n";
  return picture != "broken.png";
}

void convert_all(const larder::EnginePtr& engine) {
  larder::Deque<std::string> pictures(engine, "pictures", {.max_attempts = 2});
  pictures.extend(std::vector<std::string>{"a.png", "broken.png", "b.png"});

  while (auto picture = pictures.take_front_within(100ms)) {
    if (convert(picture->value())) picture->done();
  }
  for (const std::string& picture : pictures.dead_letters()) {
    std::cout << "nobody can convert " << picture << "\n";
  }
}

void keep(const larder::EnginePtr& engine) {
  larder::Index<std::string, Page> pages(engine, "pages");

  pages.put("https://example.org/", fetch("https://example.org/"));
  for (const auto& [url, page] : pages.range(larder::KeyPrefix::text("https://example."))) {
    report(url, page);
  }
}

void move_one(const larder::EnginePtr& engine) {
  larder::Deque<std::string> urls(engine, "urls");
  larder::Index<std::string, Page> pages(engine, "pages");
  urls.push_back("https://example.org/c");

  engine->update([&](larder::WriteTxn&) {
    if (const auto url = urls.pop_front()) pages.put(*url, Page{});
  });
  std::cout << pages.size() << " pages, " << urls.size() << " urls\n";
}

}  // namespace

int main() {
  const larder::EnginePtr engine = larder::open_lmdb({.path = "crawler"});
  larder::Deque<std::string> urls(engine, "urls");

  urls.push_back("https://example.org/");
  while (const auto url = urls.pop_front()) {
    for (const std::string& link : links_of(*url)) urls.push_back(link);
  }
  convert_all(engine);
  keep(engine);
  move_one(engine);
}
