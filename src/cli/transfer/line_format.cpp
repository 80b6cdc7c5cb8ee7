// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/line_format.h"

#include "cli/transfer/incoming.h"

namespace larder::cli {
namespace {

int digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

}  // namespace

Bytes from_base64(std::string_view text) {
  const auto bad = [] { return RefusedEntry(Refusal::damaged, "its value is not base 64"); };
  if (text.size() % 4 != 0) throw bad();
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const std::size_t missing = i + 4 == text.size() ? padding : 0;
    unsigned group = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const int digit = j >= 4 - missing ? 0 : digit_of(text[i + j]);
      if (digit < 0) throw bad();
      group = group << 6U | static_cast<unsigned>(digit);
    }
    for (std::size_t j = 0; j < 3 - missing; ++j) {
      bytes.push_back(static_cast<std::byte>(group >> (16 - 8 * j)));
    }
  }
  return bytes;
}

}  // namespace larder::cli
