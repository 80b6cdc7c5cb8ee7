// SPDX-License-Identifier: Apache-2.0
#include "web.h"

#include <stdexcept>

namespace crawler {
namespace {

std::size_t append(const char* data, std::size_t size, std::size_t count, void* body) {
  static_cast<std::string*>(body)->append(data, size * count);
  return size * count;
}

struct FreeUrl {
  void operator()(CURLU* url) const { ::curl_url_cleanup(url); }
};

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (::curl_url_get(url, part, &text, 0) != CURLUE_OK) return "";
  std::string copy = text;
  ::curl_free(text);
  return copy;
}

}  // namespace

Web::Web() : handle_(::curl_easy_init()) {
  if (!handle_) throw std::runtime_error("libcurl cannot be used");
  ::curl_easy_setopt(handle_.get(), CURLOPT_WRITEFUNCTION, &append);
  ::curl_easy_setopt(handle_.get(), CURLOPT_TIMEOUT, 30L);
  ::curl_easy_setopt(handle_.get(), CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(handle_.get(), CURLOPT_PROXY, "");
}

Answer Web::fetch(const std::string& url) {
  Answer answer;
  ::curl_easy_setopt(handle_.get(), CURLOPT_URL, url.c_str());
  ::curl_easy_setopt(handle_.get(), CURLOPT_WRITEDATA, &answer.body);
  const CURLcode code = ::curl_easy_perform(handle_.get());
  if (code != CURLE_OK) throw NoAnswer(::curl_easy_strerror(code));
  ::curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

std::optional<std::string> resolve(const std::string& base, std::string_view link) {
  const std::unique_ptr<CURLU, FreeUrl> url(::curl_url());
  const auto set = [&](CURLUPart part, const char* text) {
    return ::curl_url_set(url.get(), part, text, 0) == CURLUE_OK;
  };
  if (!set(CURLUPART_URL, base.c_str())) return std::nullopt;
  const std::string host = part_of(url.get(), CURLUPART_HOST);
  const std::string port = part_of(url.get(), CURLUPART_PORT);
  if (!set(CURLUPART_URL, std::string(link).c_str()) || !set(CURLUPART_QUERY, nullptr)) {
    return std::nullopt;
  }
  const bool is_here =
      part_of(url.get(), CURLUPART_HOST) == host && part_of(url.get(), CURLUPART_PORT) == port;
  std::string found = part_of(url.get(), CURLUPART_URL);
  if (!is_here || !found.ends_with(".html")) return std::nullopt;
  return found;
}

}  // namespace crawler
