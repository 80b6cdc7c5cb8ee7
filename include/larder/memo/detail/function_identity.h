// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>

#include "larder/code/explanation.h"
#include "larder/code/fingerprint.h"
#include "larder/codec/codec.h"
#include "larder/codec/schema.h"
#include "larder/codec/standard.h"
#include "larder/codec/wholly_encodable.h"
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

[[noreturn]] void throw_no_name();

/// The name of the `type` of a function if it is the same in every program, else nothing.
[[nodiscard]] std::string lasting_name(const std::type_info& type);

/// Whether a function of type `F` is its code and nothing else.
template <typename F>
inline constexpr bool is_only_code =
    std::is_empty_v<F> || std::is_member_function_pointer_v<F> ||
    (std::is_pointer_v<F> && std::is_function_v<std::remove_pointer_t<F>>);

template <typename... Args, typename F>
CodeFingerprint code_of(F& function) {
  if constexpr (requires { &F::operator(); }) {
    return fingerprint_of(function);
  } else {
    return fingerprint_of<Args...>(function);
  }
}

template <typename... Args, typename F>
CodeExplanation explanation_of(F& function) {
  if constexpr (HasOneCallOperator<F>) {
    return explain_code_of(function);
  } else {
    return explain_code_of<Args...>(function);
  }
}

/// What tells `function`, called with `Args`, from others in a place that outlives the program.
/// `known.code` is not looked at.
/// @throws Error `invalid_argument` if nothing does
template <typename... Args, typename F>
FunctionIdentity lasting_identity(FunctionIdentity known, const std::optional<std::string>& code,
                                  F& function) {
  bool is_known_by_code = code && !code->empty();
  if (code) {
    known.code = *code;
  } else if constexpr (requires { function.source_digest(); }) {
    known.code = function.source_digest().to_string();
  } else {
    const CodeFingerprint fingerprint = code_of<Args...>(function);
    known.code = fingerprint.digest.to_string();
    // The build-id of a binary is that of all functions in there; and those that are alike but for
    // variables that count by name are told apart by their own names.
    is_known_by_code =
        is_only_code<F> && fingerprint.mode != CodeMode::build_id && !fingerprint.function.empty();
    if (known.name.empty() && is_known_by_code) known.name = fingerprint.function;
  }
  if (known.name.empty() && std::is_empty_v<F>) known.name = lasting_name(typeid(F));
  if (known.name.empty() && !is_known_by_code) throw_no_name();
  return known;
}

/// How the keys of all results of a function begin.
[[nodiscard]] KeyPrefix keys_of(const FunctionIdentity& identity);

[[noreturn]] void throw_errors_not_kept();

}  // namespace larder::detail
