// SPDX-License-Identifier: Apache-2.0

// Which types can be encoded with all that they hold.

#include "larder/codec/wholly_encodable.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "larder/codec/standard.h"
#include "support/closed.h"

namespace larder {
namespace {

using test::Closed;

struct Open {
  std::string name;
  int numbers[3] = {};
  std::vector<std::optional<double>> values;
};
struct HoldsClosed {
  Closed closed;
  int number;
};
struct HoldsClosedArray {
  int number;
  std::unique_ptr<Closed> closed[2];
};
struct Derived : Open {
  int more = 0;
};
struct Tree {
  int value = 0;
  std::vector<Tree> branches;
  std::unique_ptr<Tree> next;
};
struct TreeOfClosed {
  std::vector<TreeOfClosed> branches;
  std::shared_ptr<Closed> value;
};

template <template <typename...> typename Holder>
constexpr bool holds_what_has_a_codec_only =
    WhollyEncodable<Holder<std::string>> && !WhollyEncodable<Holder<Closed>> &&
    !WhollyEncodable<Holder<HoldsClosed>>;

TEST(WhollyEncodable, asks_for_all_that_a_type_holds) {
  static_assert(WhollyEncodable<int> && WhollyEncodable<Open> && WhollyEncodable<Tree>);
  static_assert(!WhollyEncodable<Closed> && !WhollyEncodable<HoldsClosed>);
  static_assert(!WhollyEncodable<HoldsClosedArray> && !WhollyEncodable<TreeOfClosed>);
  static_assert(!WhollyEncodable<Derived> && !WhollyEncodable<std::vector<Derived>>);
  static_assert(!WhollyEncodable<int*> && !WhollyEncodable<std::string_view>);
  static_assert(!WhollyEncodable<std::function<int()>> && !WhollyEncodable<void>);
}

TEST(WhollyEncodable, knows_the_types_of_the_standard_library) {
  static_assert(holds_what_has_a_codec_only<std::vector>);
  static_assert(holds_what_has_a_codec_only<std::optional>);
  static_assert(holds_what_has_a_codec_only<std::shared_ptr>);
  static_assert(holds_what_has_a_codec_only<std::unique_ptr>);
  static_assert(holds_what_has_a_codec_only<std::tuple>);
  static_assert(holds_what_has_a_codec_only<std::variant>);
  static_assert(!WhollyEncodable<std::array<Closed, 2>> && WhollyEncodable<std::array<Open, 2>>);
  static_assert(!WhollyEncodable<std::pair<int, Closed>> && WhollyEncodable<std::pair<int, Open>>);
  static_assert(!WhollyEncodable<std::map<int, Closed>> && WhollyEncodable<std::map<int, Open>>);
  static_assert(!WhollyEncodable<std::unordered_map<int, Closed>>);
}

}  // namespace
}  // namespace larder
