// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "larder/key/key.h"
#include "larder/memo/detail/written_key.h"
#include "larder/memo/key_map.h"
#include "larder/memo/rounding.h"

namespace larder {

/// A parameter of a function, by position, the first being 0, or by name.
struct Parameter {
  template <std::integral Position>
  // NOLINTNEXTLINE(google-explicit-constructor): `.ignore = {0, "verbose"}` must read like that.
  Parameter(Position at) : position(static_cast<std::size_t>(at)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): see above.
  Parameter(const char* called) : name(called) {}
  // NOLINTNEXTLINE(google-explicit-constructor): see above.
  Parameter(std::string called) : name(std::move(called)) {}

  std::size_t position = 0;
  std::string name = {};  ///< If not empty, the position says nothing.
};

/// How the arguments of a call become a key.
struct CallKeyOptions {
  /// The names of the parameters, from the first on; needed only for `arg()` and to ignore some by
  /// name. May be fewer than there are.
  std::vector<std::string> names = {};

  /// Parameters that make no difference to the result: calls that differ in nothing else share a
  /// key. `"*"` stands for all parameters behind those that have names.
  std::vector<Parameter> ignore = {};

  /// Unset: nothing is rounded.
  std::optional<Rounding> rounding = std::nullopt;

  /// What becomes of the arguments, after rounding.
  KeyMap map = {};
};

/// What tells functions apart whose results are in one place: part of every key there.
struct FunctionIdentity {
  std::string name = {};
  std::string version = {};     ///< Of what the function computes.
  std::uint64_t signature = 0;  ///< Of the types of its result and parameters.
  std::string code = {};        ///< A fingerprint of its code.

  /// As the first element of keys.
  void write(KeyWriter& out) const;
};

/// An argument that is given by the name of its parameter: `f(1, arg("scale", 2.0))`.
template <typename T>
struct NamedArgument {
  std::string_view name;
  T&& value;
};

/// Names an argument. To be used within the call only.
template <typename T>
[[nodiscard]] NamedArgument<T> arg(std::string_view name, T&& value) {
  return {.name = name, .value = std::forward<T>(value)};
}

namespace detail {

/// What `CallKeys` does whatever the types.
class CallKeyRules {
 public:
  static constexpr std::size_t most_parameters = 64;

  CallKeyRules(CallKeyOptions options, std::size_t parameters,
               std::optional<FunctionIdentity> identity);

  [[nodiscard]] bool is_ignored(std::size_t position) const noexcept {
    return (ignored_ >> position & 1U) != 0;
  }
  /// @throws Error `invalid_argument` if there is no such parameter
  [[nodiscard]] std::size_t position(std::string_view name) const;

  [[nodiscard]] const std::optional<FunctionIdentity>& identity() const noexcept {
    return identity_;
  }
  /// Whether a key is the arguments, behind the identity.
  [[nodiscard]] bool is_plain() const noexcept { return is_plain_; }

  /// The key of a call with these `arguments`.
  [[nodiscard]] Key finish(Key arguments) const;

  /// Reads up to the arguments of a key that holds them.
  /// @throws Error `invalid_argument` if it does not
  [[nodiscard]] KeyReader arguments_of(const Key& key) const;

 private:
  CallKeyOptions options_;
  std::optional<FunctionIdentity> identity_;
  std::uint64_t ignored_ = 0;
  bool is_plain_;
};

[[noreturn]] void throw_no_key(std::size_t position);

template <typename Argument>
void write_argument(const CallKeyRules& rules, std::size_t position, const Argument& argument,
                    KeyWriter& out) {
  if (rules.is_ignored(position)) return out.write_null();
  if constexpr (KeyEncodable<std::decay_t<Argument>>) {
    encode_key(argument, out);
  } else {
    throw_no_key(position);
  }
}

}  // namespace detail

/// The keys of calls of a function with parameters of types `Args`, without references and `const`.
/// A key is the tuple of the arguments, with null for those that are ignored, and typed: `1`,
/// `1.0`, `true` and `"1"` are four arguments. Behind an identity it is the second element of a
/// pair.
///
/// Thread-safe once made.
template <typename... Args>
class CallKeys {
 public:
  /// A function that makes the key of the arguments by itself, to be typed and compared like them.
  using Custom = std::function<Key(const Args&...)>;

  /// @throws Error `invalid_argument` for parameters that there are not
  explicit CallKeys(CallKeyOptions options = {}, Custom custom = {},
                    std::optional<FunctionIdentity> identity = std::nullopt)
      : rules_(std::move(options), sizeof...(Args), std::move(identity)),
        custom_(std::move(custom)) {}

  /// The key of a call with these arguments.
  /// @throws Error `invalid_argument` if an argument cannot be a key
  [[nodiscard]] Key operator()(const Args&... args) const {
    if (custom_) return rules_.finish(custom_(args...));
    if (!rules_.is_plain()) {
      return rules_.finish(
          Key(detail::WrittenKey{[&](KeyWriter& out) { write_arguments(out, args...); }}));
    }
    return Key(detail::WrittenKey{[&](KeyWriter& out) {
      if (!rules_.identity()) return write_arguments(out, args...);
      out.begin_tuple();
      rules_.identity()->write(out);
      write_arguments(out, args...);
      out.end_tuple();
    }});
  }

  /// The arguments again, rounded if they were.
  /// @throws Error `invalid_argument` if the key does not hold all of them
  [[nodiscard]] std::tuple<Args...> arguments(const Key& key) const
    requires(KeyDecodable<Args> && ...)
  {
    if (custom_) detail::throw_no_key(0);
    KeyReader in = rules_.arguments_of(key);
    return KeyCodec<std::tuple<Args...>>::decode(in);
  }

  /// Where the parameter `name` is.
  /// @throws Error `invalid_argument` if there is no such parameter
  [[nodiscard]] std::size_t position(std::string_view name) const { return rules_.position(name); }

 private:
  static_assert(sizeof...(Args) <= detail::CallKeyRules::most_parameters);

  void write_arguments(KeyWriter& out, const Args&... args) const {
    out.begin_tuple();
    [[maybe_unused]] std::size_t position = 0;
    (detail::write_argument(rules_, position++, args, out), ...);
    out.end_tuple();
  }

  detail::CallKeyRules rules_;
  Custom custom_;
};

}  // namespace larder
