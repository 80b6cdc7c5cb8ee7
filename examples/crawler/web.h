// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace crawler {

struct Answer {
  long status = 0;  ///< 200 for a page that is there.
  std::string body = {};
};

/// The server cannot be reached, or does not answer.
struct NoAnswer : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Fetches pages over a connection that stays open.
class Web {
 public:
  Web();

  /// @throws NoAnswer
  [[nodiscard]] Answer fetch(const std::string& url);

 private:
  struct Close {
    void operator()(CURL* handle) const { ::curl_easy_cleanup(handle); }
  };
  std::unique_ptr<CURL, Close> handle_;
};

/// Where a link on the page `base` leads, if that is another page (.html) of the same server.
[[nodiscard]] std::optional<std::string> resolve(const std::string& base, std::string_view link);

}  // namespace crawler
