// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "larder/codec/json.h"
#include "larder/codec/standard.h"

// One value at least of every kind that has a codec: for the tests that try everything on
// everything, and for the fuzzer.
namespace larder::test {

enum class Color : std::uint8_t { red, green, blue };

struct Point {
  double x = 0;
  double y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

struct Station {
  std::string name;
  int id[2];
  char code[4];
  bool flags[3];
  Point where;
  std::vector<Point> track;
  std::optional<std::string> note;
  std::string aliases[2];
  std::array<std::array<float, 2>, 3> matrix;
  Color color;
  friend bool operator==(const Station&, const Station&) = default;
};

struct Tree {
  int value = 0;
  std::vector<Tree> children = {};
  friend bool operator==(const Tree&, const Tree&) = default;
};

struct Link {
  std::string name = {};
  std::unique_ptr<Link> next = {};
  friend bool operator==(const Link& a, const Link& b) {
    if (a.name != b.name || (a.next == nullptr) != (b.next == nullptr)) return false;
    return a.next == nullptr || *a.next == *b.next;
  }
};

inline Station station() {
  return {.name = "north",
          .id = {1, -2},
          .code = {'n', 'o', '1', '\0'},
          .flags = {true, false, true},
          .where = {1.5, -0.0},
          .track = {{1, 2}, {3, 4}},
          .note = "rainy",
          .aliases = {"n", ""},
          .matrix = {{{1, 2}, {3, 4}, {5, 6}}},
          .color = Color::blue};
}

template <typename Visit>
void for_each_scalar(Visit&& visit) {
  visit(std::int8_t{-100});
  visit(std::uint8_t{200});
  visit(std::int16_t{-1000});
  visit(std::uint16_t{60000});
  visit(std::int32_t{-100'000});
  visit(std::uint32_t{4'000'000'000});
  visit(std::numeric_limits<std::int64_t>::min());
  visit(std::numeric_limits<std::uint64_t>::max());
  visit('x');
  visit(true);
  visit(1.5F);
  visit(-0.0);
  visit(std::string("text"));
  visit(std::string(300, 'a'));
  visit(Bytes(20, std::byte{0xfe}));
  visit(Color::green);
  visit(std::monostate());
  visit(std::filesystem::path("/var/cache/x"));
}

template <typename Visit>
void for_each_time(Visit&& visit) {
  using Day = std::chrono::duration<std::int32_t, std::ratio<86400>>;
  using std::chrono::sys_time;
  visit(std::chrono::milliseconds(-1500));
  visit(std::chrono::duration<double>(1.25));
  visit(sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(-1)));
  visit(sys_time<std::chrono::microseconds>(std::chrono::microseconds(1'700'000'000'123'456)));
  visit(sys_time<std::chrono::seconds>(std::chrono::seconds(1'700'000'000)));
  visit(sys_time<Day>(Day(20'000)));
}

template <typename Visit>
void for_each_container(Visit&& visit) {
  visit(std::optional<int>(7));
  visit(std::optional<int>());
  visit(std::optional<std::optional<int>>(std::optional<int>()));
  visit(std::optional<std::monostate>(std::monostate()));
  visit(std::make_unique<std::string>("owned"));
  visit(std::variant<int, std::string, Point>(std::string("second")));
  visit(std::pair<int, std::string>(1, "one"));
  visit(std::tuple<int, std::string, double>(1, "one", 1.0));
  visit(std::tuple<>());
  visit(std::vector<std::int32_t>{1, -2, 3});
  visit(std::vector<std::uint64_t>());
  visit(std::vector<double>{0.5, 2});
  visit(std::vector<bool>{true, false, true});
  visit(std::vector<std::array<float, 3>>{{1, 2, 3}, {4, 5, 6}});
  visit(std::vector<std::string>{"a", "", "ccc"});
  visit(std::vector<std::vector<int>>{{1}, {}, {2, 3}});
  visit(std::array<int, 4>{1, 2, 3, 4});
  visit(std::array<std::string, 2>{"x", "y"});
  visit(std::array<std::byte, 3>{std::byte{1}});
  visit(std::array<bool, 2>{true, false});
  visit(std::array<int, 0>());
  visit(std::deque<int>{1, 2});
  visit(std::list<std::string>{"x"});
  visit(std::set<int>{-1, 1, 1000});
  visit(std::unordered_set<int>{-1, 1, 1000, 5});
  visit(std::map<std::string, int>{{"a", 1}, {"bb", 2}, {"c", 3}});
  visit(std::unordered_map<std::string, int>{{"a", 1}, {"bb", 2}, {"c", 3}});
  visit(std::map<std::string, std::vector<Point>>{{"p", {{1, 2}}}});
}

/// Calls `visit(value)` with each sample.
template <typename Visit>
void for_each_sample(Visit&& visit) {
  for_each_scalar(visit);
  for_each_container(visit);
  for_each_time(visit);
  visit(station());
  visit(Tree{1, {{2, {}}, {3, {{4, {}}}}}});
  visit(Link{"a", std::make_unique<Link>(Link{"b", nullptr})});
  visit(Json::parse(
      R"({"b": [1, -2, 2.5, null, true, "x\u0000y"], "a": {"": 18446744073709551615}})"));
}

}  // namespace larder::test
