// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

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

  /// Notes the page to begin with, unless that was done before.
  void begin(const std::string& url);

  /// A page to fetch. Nothing once all are fetched. Nobody else gets it, unless it goes without
  /// `keep()`, by the death of this process or otherwise.
  [[nodiscard]] std::optional<larder::Taken<std::string>> next();

  /// Keeps the page, queues those of its `links` that nobody has seen, and takes it off the queue:
  /// all of this or nothing.
  void keep(larder::Taken<std::string>& url, Page page, const std::set<std::string>& links);

  /// Pages that are known, fetched or not.
  [[nodiscard]] std::uint64_t known() const { return seen_.size(); }
  [[nodiscard]] const larder::Index<std::string, Page>& pages() const { return pages_; }

 private:
  void note(const std::string& url);

  larder::EnginePtr engine_;
  larder::Deque<std::string> queue_;
  larder::Index<std::string, bool> seen_;
  larder::Index<std::string, Page> pages_;
};

}  // namespace crawler
