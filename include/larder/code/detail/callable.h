// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace larder {

struct CodeFingerprint;
struct CodeExplanation;
struct FingerprintOptions;

namespace detail {

/// Where the code of something that can be called begins.
struct PlaceOfCode {
  const void* address = nullptr;
  /// Why that is only some place in the right binary, or nullptr.
  const char* why_not = nullptr;
  /// The type whose members belong to the function although they are called by it, or nullptr.
  const std::type_info* type = nullptr;
};

/// Calls `f` with `args`: has an address where `F` has many call operators.
template <typename F, typename... Args>
struct Caller {
  static decltype(auto) call(F& f, Args... args) {
    return std::invoke(f, static_cast<Args&&>(args)...);
  }
};

template <typename F>
concept HasOneCallOperator = requires { &F::operator(); };

/// The code behind a pointer to a member function. As all compilers for this machine write it, the
/// first word is the address, or an odd number if the function is virtual.
template <typename F, typename Member>
PlaceOfCode place_of_member(Member member, const void* some_place) {
  std::uintptr_t word = 0;
  static_assert(sizeof member >= sizeof word);
  std::memcpy(&word, &member, sizeof word);
  if (word % 2 != 0) {
    return {.address = some_place,
            .why_not = "it is virtual: which function is meant is known only when it is called"};
  }
  return {.address = reinterpret_cast<const void*>(word)};
}

/// Some place in the binary that names `F`.
template <typename F>
struct Anchor {
  static void place() {}
};

template <typename... Args, typename F>
PlaceOfCode place_of_code(F& f) {
  using Plain = std::remove_cv_t<F>;
  if constexpr (std::is_function_v<Plain>) {
    return {.address = reinterpret_cast<const void*>(&f)};
  } else if constexpr (std::is_pointer_v<Plain>) {
    static_assert(std::is_function_v<std::remove_pointer_t<Plain>>, "this is no function");
    return {.address = reinterpret_cast<const void*>(f)};
  } else if constexpr (std::is_member_function_pointer_v<Plain>) {
    return place_of_member<Plain>(f, reinterpret_cast<const void*>(&Anchor<Plain>::place));
  } else if constexpr (sizeof...(Args) == 0 && HasOneCallOperator<Plain>) {
    return place_of_member<Plain>(&Plain::operator(),
                                  reinterpret_cast<const void*>(&Anchor<Plain>::place));
  } else {
    static_assert(std::is_invocable_v<F&, Args...>,
                  "which call operator? name the types of the arguments: fingerprint_of<int>(f)");
    return {.address = reinterpret_cast<const void*>(&Caller<F, Args...>::call),
            .why_not = nullptr,
            .type = &typeid(Plain)};
  }
}

[[nodiscard]] CodeFingerprint fingerprint_at(const PlaceOfCode& place, FingerprintOptions options);
[[nodiscard]] CodeExplanation explain_at(const PlaceOfCode& place, FingerprintOptions options);

}  // namespace detail
}  // namespace larder
