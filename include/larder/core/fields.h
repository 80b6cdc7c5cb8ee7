// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "larder/core/field_count.h"
#include "larder/core/type_list.h"

namespace larder {

/// A class whose members larder can see by itself: an aggregate of up to 64 members, C arrays
/// included, without base classes.
template <typename T>
concept Aggregate = std::is_class_v<T> && std::is_aggregate_v<T> && !std::is_const_v<T>;

namespace detail {

/// The most members an aggregate may have.
inline constexpr std::size_t max_fields = 64;

// A structured binding needs as many names as there are members, and C++20 has no pack of them.
// So: eight names for each digit Q, the first R of them, and one case for each count.
#define LARDER_R1(q) m##q##0
#define LARDER_R2(q) LARDER_R1(q), m##q##1
#define LARDER_R3(q) LARDER_R2(q), m##q##2
#define LARDER_R4(q) LARDER_R3(q), m##q##3
#define LARDER_R5(q) LARDER_R4(q), m##q##4
#define LARDER_R6(q) LARDER_R5(q), m##q##5
#define LARDER_R7(q) LARDER_R6(q), m##q##6
#define LARDER_R8(q) LARDER_R7(q), m##q##7
#define LARDER_Q1 LARDER_R8(0)
#define LARDER_Q2 LARDER_Q1, LARDER_R8(1)
#define LARDER_Q3 LARDER_Q2, LARDER_R8(2)
#define LARDER_Q4 LARDER_Q3, LARDER_R8(3)
#define LARDER_Q5 LARDER_Q4, LARDER_R8(4)
#define LARDER_Q6 LARDER_Q5, LARDER_R8(5)
#define LARDER_Q7 LARDER_Q6, LARDER_R8(6)
#define LARDER_Q8 LARDER_Q7, LARDER_R8(7)
#define LARDER_FIELDS(count, ...)    \
  if constexpr (fields == (count)) { \
    auto& [__VA_ARGS__] = value;     \
    return visit(__VA_ARGS__);       \
  } else  // the next count

/// Calls `visit(member...)` with all members of `value`, in order, and returns what it returns.
template <typename T, typename Visit>
constexpr decltype(auto) visit_fields(T& value, Visit&& visit) {
  constexpr std::size_t fields = field_count<std::remove_const_t<T>>();
  static_assert(fields <= max_fields,
                "larder reflects up to 64 members; group them, or specialize larder::Codec or "
                "larder::KeyCodec");
  // clang-format off
  if constexpr (fields == 0) {
    return visit();
  } else
  LARDER_FIELDS(1, LARDER_R1(0)) LARDER_FIELDS(2, LARDER_R2(0))
  LARDER_FIELDS(3, LARDER_R3(0)) LARDER_FIELDS(4, LARDER_R4(0))
  LARDER_FIELDS(5, LARDER_R5(0)) LARDER_FIELDS(6, LARDER_R6(0))
  LARDER_FIELDS(7, LARDER_R7(0)) LARDER_FIELDS(8, LARDER_Q1)
  LARDER_FIELDS(9, LARDER_Q1, LARDER_R1(1)) LARDER_FIELDS(10, LARDER_Q1, LARDER_R2(1))
  LARDER_FIELDS(11, LARDER_Q1, LARDER_R3(1)) LARDER_FIELDS(12, LARDER_Q1, LARDER_R4(1))
  LARDER_FIELDS(13, LARDER_Q1, LARDER_R5(1)) LARDER_FIELDS(14, LARDER_Q1, LARDER_R6(1))
  LARDER_FIELDS(15, LARDER_Q1, LARDER_R7(1)) LARDER_FIELDS(16, LARDER_Q2)
  LARDER_FIELDS(17, LARDER_Q2, LARDER_R1(2)) LARDER_FIELDS(18, LARDER_Q2, LARDER_R2(2))
  LARDER_FIELDS(19, LARDER_Q2, LARDER_R3(2)) LARDER_FIELDS(20, LARDER_Q2, LARDER_R4(2))
  LARDER_FIELDS(21, LARDER_Q2, LARDER_R5(2)) LARDER_FIELDS(22, LARDER_Q2, LARDER_R6(2))
  LARDER_FIELDS(23, LARDER_Q2, LARDER_R7(2)) LARDER_FIELDS(24, LARDER_Q3)
  LARDER_FIELDS(25, LARDER_Q3, LARDER_R1(3)) LARDER_FIELDS(26, LARDER_Q3, LARDER_R2(3))
  LARDER_FIELDS(27, LARDER_Q3, LARDER_R3(3)) LARDER_FIELDS(28, LARDER_Q3, LARDER_R4(3))
  LARDER_FIELDS(29, LARDER_Q3, LARDER_R5(3)) LARDER_FIELDS(30, LARDER_Q3, LARDER_R6(3))
  LARDER_FIELDS(31, LARDER_Q3, LARDER_R7(3)) LARDER_FIELDS(32, LARDER_Q4)
  LARDER_FIELDS(33, LARDER_Q4, LARDER_R1(4)) LARDER_FIELDS(34, LARDER_Q4, LARDER_R2(4))
  LARDER_FIELDS(35, LARDER_Q4, LARDER_R3(4)) LARDER_FIELDS(36, LARDER_Q4, LARDER_R4(4))
  LARDER_FIELDS(37, LARDER_Q4, LARDER_R5(4)) LARDER_FIELDS(38, LARDER_Q4, LARDER_R6(4))
  LARDER_FIELDS(39, LARDER_Q4, LARDER_R7(4)) LARDER_FIELDS(40, LARDER_Q5)
  LARDER_FIELDS(41, LARDER_Q5, LARDER_R1(5)) LARDER_FIELDS(42, LARDER_Q5, LARDER_R2(5))
  LARDER_FIELDS(43, LARDER_Q5, LARDER_R3(5)) LARDER_FIELDS(44, LARDER_Q5, LARDER_R4(5))
  LARDER_FIELDS(45, LARDER_Q5, LARDER_R5(5)) LARDER_FIELDS(46, LARDER_Q5, LARDER_R6(5))
  LARDER_FIELDS(47, LARDER_Q5, LARDER_R7(5)) LARDER_FIELDS(48, LARDER_Q6)
  LARDER_FIELDS(49, LARDER_Q6, LARDER_R1(6)) LARDER_FIELDS(50, LARDER_Q6, LARDER_R2(6))
  LARDER_FIELDS(51, LARDER_Q6, LARDER_R3(6)) LARDER_FIELDS(52, LARDER_Q6, LARDER_R4(6))
  LARDER_FIELDS(53, LARDER_Q6, LARDER_R5(6)) LARDER_FIELDS(54, LARDER_Q6, LARDER_R6(6))
  LARDER_FIELDS(55, LARDER_Q6, LARDER_R7(6)) LARDER_FIELDS(56, LARDER_Q7)
  LARDER_FIELDS(57, LARDER_Q7, LARDER_R1(7)) LARDER_FIELDS(58, LARDER_Q7, LARDER_R2(7))
  LARDER_FIELDS(59, LARDER_Q7, LARDER_R3(7)) LARDER_FIELDS(60, LARDER_Q7, LARDER_R4(7))
  LARDER_FIELDS(61, LARDER_Q7, LARDER_R5(7)) LARDER_FIELDS(62, LARDER_Q7, LARDER_R6(7))
  LARDER_FIELDS(63, LARDER_Q7, LARDER_R7(7)) LARDER_FIELDS(64, LARDER_Q8)
  static_assert(fields <= max_fields);
  // clang-format on
}

struct TypesOf {
  template <typename... Field>
  constexpr Types<Field...> operator()(const Field&...) const noexcept {
    return {};
  }
};

/// The types of the members of `T`, without const.
template <typename T>
using FieldTypes = decltype(visit_fields(std::declval<const T&>(), TypesOf()));

#undef LARDER_FIELDS
#undef LARDER_R1
#undef LARDER_R2
#undef LARDER_R3
#undef LARDER_R4
#undef LARDER_R5
#undef LARDER_R6
#undef LARDER_R7
#undef LARDER_R8
#undef LARDER_Q1
#undef LARDER_Q2
#undef LARDER_Q3
#undef LARDER_Q4
#undef LARDER_Q5
#undef LARDER_Q6
#undef LARDER_Q7
#undef LARDER_Q8

}  // namespace detail
}  // namespace larder
