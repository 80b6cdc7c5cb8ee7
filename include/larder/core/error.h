// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace larder {

/// What a caller can do about a failure. Short on purpose: a new kind is added only when a caller
/// would react to it differently.
enum class ErrorKind {
  invalid_argument,  ///< The call or the configuration is wrong. Fix it; retrying cannot help.
  not_supported,     ///< This place or this build cannot do it at all.
  denied,            ///< Credentials or file permissions forbid it.
  unavailable,       ///< A peer, a lock or a device did not answer in time. Retrying may help.
  full,              ///< The device or the quota has no room left.
  corrupt,           ///< Stored bytes fail their checksum or do not decode.
};

/// The name of `kind` as written in logs and `--json`, for example `"not_supported"`.
[[nodiscard]] std::string_view to_string(ErrorKind kind) noexcept;

/// The one exception type of larder. A missing key is never an error.
class Error : public std::runtime_error {
 public:
  /// `message` is for people; it may change in any release. Programs look at `kind()`.
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}

  /// What the caller can do about it.
  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }

  /// True if the same call may succeed later with nothing else changed.
  [[nodiscard]] bool is_transient() const noexcept { return kind_ == ErrorKind::unavailable; }

 private:
  ErrorKind kind_;
};

/// Makes the `Error` for a failed system call: the kind follows from `error_number`, an `errno` or
/// the negative of one as `Io` returns it; the message reads "`what`: <text of the error>".
[[nodiscard]] Error system_error(int error_number, const std::string& what);

}  // namespace larder
