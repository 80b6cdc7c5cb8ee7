// SPDX-License-Identifier: Apache-2.0
#include "larder/codec/schema.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "larder/codec/json.h"
#include "larder/codec/standard.h"
#include "samples.h"

namespace larder {
namespace {

template <typename T>
constexpr std::uint64_t schema = Codec<T>::schema();

TEST(Schema, every_kind_has_its_own) {
  const std::vector<std::uint64_t> all = {
      schema<int>,
      schema<bool>,
      schema<float>,
      schema<double>,
      schema<std::string>,
      schema<Bytes>,
      schema<std::monostate>,
      schema<Json>,
      schema<std::optional<int>>,
      schema<std::optional<std::optional<int>>>,
      schema<std::variant<int>>,
      schema<std::variant<int, bool>>,
      schema<std::variant<bool, int>>,
      schema<std::tuple<>>,
      schema<std::tuple<int>>,
      schema<std::tuple<int, int>>,
      schema<std::tuple<std::tuple<int>, int>>,
      schema<std::tuple<std::tuple<int, int>>>,
      schema<std::vector<int>>,
      schema<std::vector<std::int64_t>>,
      schema<std::vector<std::uint32_t>>,
      schema<std::vector<float>>,
      schema<std::vector<bool>>,
      schema<std::vector<std::array<int, 2>>>,
      schema<std::vector<std::array<int, 3>>>,
      schema<std::array<int, 2>>,
      schema<std::array<int, 3>>,
      schema<std::array<std::string, 2>>,
      schema<std::array<std::string, 3>>,
      schema<std::array<std::byte, 2>>,
      schema<std::vector<std::string>>,
      schema<std::deque<int>>,
      schema<std::set<int>>,
      schema<std::unordered_set<int>>,
      schema<std::map<int, int>>,
      schema<std::map<int, bool>>,
      schema<std::unordered_map<int, int>>,
      schema<test::Station>,
      schema<test::Tree>,
      schema<test::Link>,
  };
  EXPECT_EQ(std::set<std::uint64_t>(all.begin(), all.end()).size(), all.size());
}

TEST(Schema, types_with_one_encoding_share_it) {
  EXPECT_EQ(schema<int>, schema<std::uint64_t>);
  EXPECT_EQ(schema<int>, schema<test::Color>);
  EXPECT_EQ(schema<std::vector<std::string>>, schema<std::deque<std::string>>);
  EXPECT_EQ(schema<std::vector<std::string>>, schema<std::list<std::string>>);
  EXPECT_EQ(schema<std::optional<int>>, schema<std::unique_ptr<int>>);
  EXPECT_EQ(schema<std::string>, schema<std::filesystem::path>);
  EXPECT_EQ((schema<std::pair<double, double>>), schema<test::Point>);
}

struct Before {
  int a;
  std::string b;
};
struct Renamed {
  int x;
  std::string y;
};
struct Added {
  int a;
  std::string b;
  bool c;
};
struct Removed {
  int a;
};
struct Retyped {
  int a;
  Bytes b;
};
struct Reordered {
  std::string b;
  int a;
};
struct Wider {
  std::int64_t a;
  std::string b;
};
struct Versioned {
  static constexpr int codec_version = 2;
  int a;
  std::string b;
};
struct Versioned3 {
  static constexpr int codec_version = 3;
  int a;
  std::string b;
};
struct LongerArray {
  int a[3];
};
struct ShorterArray {
  int a[2];
};

TEST(Schema, a_changed_member_changes_it) {
  for (const std::uint64_t changed :
       {schema<Added>, schema<Removed>, schema<Retyped>, schema<Reordered>, schema<Versioned>}) {
    EXPECT_NE(schema<Before>, changed);
  }
  EXPECT_NE(schema<Versioned>, schema<Versioned3>);
  EXPECT_NE(schema<LongerArray>, schema<ShorterArray>);
  EXPECT_EQ(schema<Before>, schema<Renamed>);
  EXPECT_EQ(schema<Before>, schema<Wider>);
}

template <typename T>
struct Holds {
  T value;
};

TEST(Schema, a_change_deep_inside_changes_it) {
  using Deep = std::map<std::string, std::optional<std::vector<Holds<Before>>>>;
  using Other = std::map<std::string, std::optional<std::vector<Holds<Added>>>>;
  EXPECT_NE(schema<Deep>, schema<Other>);
}

struct NodeOfInt {
  int value;
  std::vector<NodeOfInt> nodes;
};
struct NodeOfText {
  std::string value;
  std::vector<NodeOfText> nodes;
};
struct Odd;
struct Even {
  std::unique_ptr<Odd> next;
};
struct Odd {
  int value;
  std::unique_ptr<Even> next;
};

TEST(Schema, types_that_hold_themselves_have_one) {
  EXPECT_NE(schema<NodeOfInt>, schema<NodeOfText>);
  EXPECT_NE(schema<Odd>, schema<Even>);
  EXPECT_EQ(schema<NodeOfInt>, schema<test::Tree>);
}

// Stored next to every value: if one of these changes, all that users have stored is lost to them.
TEST(Schema, is_the_same_for_ever) {
  EXPECT_EQ(schema<int>, 0x2b9fff192bd4c83eU);
  EXPECT_EQ(schema<std::string>, 0xfa04f4ef1995407eU);
  EXPECT_EQ(schema<std::vector<double>>, 0x1eb1990700bb9aafU);
  EXPECT_EQ((schema<std::map<std::string, std::optional<int>>>), 0x79923689e0d55db3U);
  EXPECT_EQ(schema<test::Station>, 0x621e66016b0045e1U);
  EXPECT_EQ(schema<test::Link>, 0x8dd4a79667f728e7U);
  EXPECT_EQ(schema<Versioned>, 0x92abcbbbe218c06bU);
}

}  // namespace
}  // namespace larder
