// SPDX-License-Identifier: Apache-2.0
#include "html.h"

namespace crawler {
namespace {

constexpr std::size_t none = std::string_view::npos;

}  // namespace

std::set<std::string_view> links_in(std::string_view html) {
  constexpr std::string_view attribute = "href=";
  std::set<std::string_view> links;
  for (auto at = html.find(attribute); at != none; at = html.find(attribute, at)) {
    at += attribute.size();
    if (at == html.size() || (html[at] != '"' && html[at] != '\'')) continue;
    const std::size_t end = html.find(html[at], at + 1);
    if (end == none) break;
    const std::string_view link = html.substr(at + 1, end - at - 1);
    links.insert(link.substr(0, link.find('#')));
    at = end;
  }
  links.erase("");  // led into the page itself
  return links;
}

std::string title_of(std::string_view html) {
  constexpr std::string_view open = "<title>";
  const std::size_t begin = html.find(open);
  const std::size_t end = html.find("</title>", begin);
  if (begin == none || end == none) return "";
  return std::string(html.substr(begin + open.size(), end - begin - open.size()));
}

}  // namespace crawler
