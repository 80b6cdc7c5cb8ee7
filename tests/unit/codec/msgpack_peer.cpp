// SPDX-License-Identifier: Apache-2.0

// The C++ side of msgpack_differential.py.
//
//     msgpack_peer samples      prints every sample, one in hexadecimal on each line
//     msgpack_peer echo         reads lines "TYPE HEX", decodes, prints what it encodes to

#include <functional>
#include <iostream>
#include <map>
#include <string>

#include "samples.h"
#include "support/hex.h"

namespace larder {
namespace {

using test::from_hex;
using test::hex;

using Echo = std::function<std::string(BytesView)>;

template <typename T>
std::string echo(BytesView bytes) {
  return hex(encode(decode<T>(bytes)));
}

std::string echo_skip(BytesView bytes) {
  WireReader in(bytes);
  const BytesView value = in.skip();
  in.expect_end();
  return hex(value);
}

// Text, so that the other side can compare it with its own JSON.
std::string echo_json_text(BytesView bytes) { return decode<Json>(bytes).text(); }

const std::map<std::string, Echo>& echoes() {
  static const std::map<std::string, Echo> all = {
      {"any", &echo_skip},
      {"json_text", &echo_json_text},
      {"json", &echo<Json>},
      {"int", &echo<std::int64_t>},
      {"uint", &echo<std::uint64_t>},
      {"float", &echo<double>},
      {"float32", &echo<float>},
      {"bool", &echo<bool>},
      {"nil", &echo<std::monostate>},
      {"str", &echo<std::string>},
      {"bin", &echo<Bytes>},
      {"list_str", &echo<std::vector<std::string>>},
      {"map_str_int", &echo<std::map<std::string, std::int64_t>>},
      {"map_int_list", &echo<std::map<std::int64_t, std::vector<std::string>>>},
      {"optional_int", &echo<std::optional<std::int64_t>>},
      {"tuple", &echo<std::tuple<std::int64_t, std::string, double>>},
      {"point", &echo<test::Point>},
      {"tree", &echo<test::Tree>},
      {"time", &echo<std::chrono::sys_time<std::chrono::nanoseconds>>},
      {"block_f8", &echo<std::vector<double>>},
      {"block_i4", &echo<std::vector<std::int32_t>>},
      {"block_u2_3", &echo<std::vector<std::array<std::uint16_t, 3>>>},
  };
  return all;
}

int run(const std::string& mode) {
  if (mode == "samples") {
    test::for_each_sample([](const auto& value) { std::cout << hex(encode(value)) << '\n'; });
    return 0;
  }
  std::string type;
  std::string text;
  while (std::cin >> type >> text) {
    try {
      std::cout << echoes().at(type)(from_hex(text)) << '\n';
    } catch (const std::exception& error) {
      std::cout << "error: " << error.what() << '\n';
    }
  }
  return 0;
}

}  // namespace
}  // namespace larder

int main(int count, char** arguments) { return count == 2 ? larder::run(arguments[1]) : 2; }
