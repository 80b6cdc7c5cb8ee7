// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include "larder/code/fingerprint.h"
#include "larder/code/function_code.h"
#include "larder/codec/codec.h"
#include "larder/codec/schema.h"
#include "larder/codec/standard.h"
#include "larder/codec/wholly_encodable.h"
#include "larder/core/function_ref.h"
#include "larder/key/key_prefix.h"
#include "larder/memo/call_key.h"

namespace larder::detail {

/// Of types that have a codec, the same in every program.
template <typename T>
constexpr std::uint64_t type_hash() {
  if constexpr (!WhollyEncodable<T>) {
    return 0;
  } else if constexpr (std::is_integral_v<T>) {
    // To a codec all integers are alike, but not to a function.
    return combined_schema(Codec<T>::schema(), 2 * sizeof(T) + std::size_t{std::is_signed_v<T>});
  } else {
    return Codec<T>::schema();
  }
}

template <typename... Types>
constexpr std::uint64_t signature_hash() {
  std::uint64_t hash = sizeof...(Types);
  ((hash = combined_schema(hash, type_hash<Types>())), ...);
  return hash;
}

/// The name of the `type` of a function if it is the same in every program, else nothing.
[[nodiscard]] std::string lasting_name(const std::type_info& type);

/// Whether a function of type `F` is its code and nothing else.
template <typename F>
inline constexpr bool is_only_code =
    std::is_empty_v<F> || std::is_member_function_pointer_v<F> ||
    (std::is_pointer_v<F> && std::is_function_v<std::remove_pointer_t<F>>);

/// Whether `F` calls another function, which it has as a member: code alone does not show which.
template <typename F>
concept CallsInner = requires(const F& function) { function.inner_function(); };

/// Whether nothing tells what an object of type `F` calls.
template <typename F>
inline constexpr bool hides_code = false;
template <typename Signature>
inline constexpr bool hides_code<std::function<Signature>> = true;

[[noreturn]] void throw_hidden_code();

/// Adds the code of `function`, called with `Args`, and of what it has as a member and calls.
template <typename... Args, typename F>
void add_code_of(const F& function, std::vector<FunctionCode>& all) {
  if constexpr (hides_code<F>) {
    throw_hidden_code();
  } else if constexpr (HasOneCallOperator<F>) {
    all.push_back(FunctionCode::of(function));
  } else {
    all.push_back(FunctionCode::of<Args...>(function));
  }
  if constexpr (CallsInner<F>) add_code_of<Args...>(function.inner_function(), all);
}

/// Of what `function` is besides its type and code; 0: of nothing.
template <typename F>
std::uint64_t state_hash_of(const F& function) {
  std::uint64_t hash = 0;
  if constexpr (requires { function.state_hash(); }) hash = function.state_hash() + 1;
  if constexpr (CallsInner<F>) {
    if (const std::uint64_t inner = state_hash_of(function.inner_function()); inner != 0) {
      hash = combined_schema(hash, inner);
    }
  }
  return hash;
}

/// `function`, called with `Args`, and the others that it depends on.
/// @throws Error `invalid_argument` if nothing tells what it calls
template <typename... Args, typename F>
std::vector<FunctionCode> functions_of(const F& function, const std::vector<FunctionCode>& others) {
  std::vector<FunctionCode> all;
  add_code_of<Args...>(function, all);
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

/// What a function is known by, besides what its caller has said.
struct FunctionTraits {
  bool is_only_code = false;
  std::string type_name;  ///< See `lasting_name()`.
};

template <typename F>
FunctionTraits traits_of() {
  return {.is_only_code = is_only_code<F>,
          .type_name = std::is_empty_v<F> ? lasting_name(typeid(F)) : ""};
}

/// What tells a function from others in a place that outlives the program: by its `code` or, if
/// that is not set, by its `fingerprint`. `known.code` is not looked at.
/// @throws Error `invalid_argument` if nothing does
[[nodiscard]] FunctionIdentity lasting_identity(FunctionIdentity known,
                                                const FunctionTraits& traits,
                                                const std::optional<std::string>& code,
                                                FunctionRef<CodeFingerprint()> fingerprint);

/// How the keys of all results of a function begin.
[[nodiscard]] KeyPrefix keys_of(const FunctionIdentity& identity);

[[noreturn]] void throw_errors_not_kept();

}  // namespace larder::detail
