// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "larder/code/detail/callable.h"
#include "larder/core/io.h"
#include "larder/key/digest.h"

namespace larder {

/// What of a program counts when a function is asked whether it is still the same.
enum class CodeMode {
  closure,   ///< The function and everything of its own binary that it leads to. The default.
  self,      ///< The function alone; what it calls counts by name.
  build_id,  ///< The whole binary: every build that differs in anything is another one.
  tag,       ///< Nothing but the tag that its author gave.
};

/// The name of `mode` as written in `--json`, for example `"build_id"`.
[[nodiscard]] std::string_view to_string(CodeMode mode) noexcept;

/// How a fingerprint is made.
struct FingerprintOptions {
  CodeMode mode = CodeMode::closure;

  /// A word of the author that is part of every fingerprint: another word, another fingerprint.
  std::string tag = {};

  /// Functions that count by name although they would be followed: `"ns::f"` for one with all its
  /// overloads, `"ns::"` for everything in there, or a mangled name.
  std::vector<std::string> stable = {};

  /// Functions that are followed although they would not be, because `mode` is `self` or because
  /// they are in `stable`, too. Written in the same way.
  std::vector<std::string> unstable = {};

  /// Shared libraries that count as a whole, with their build-ids. Other binaries than that of the
  /// function count by the names of what is called in them, otherwise.
  std::vector<std::filesystem::path> libraries = {};
};

/// What stands for the code of a function.
struct CodeFingerprint {
  Digest128 digest;  ///< Equal for equal code.
  CodeMode mode =
      CodeMode::closure;           ///< How it was made; `build_id` if nothing better was possible.
  std::string function;            ///< As written in C++; empty if it has no name.
  std::size_t followed = 0;        ///< Functions and data that count with their content,
  std::size_t by_name = 0;         ///< that count by name,
  std::size_t indirect_calls = 0;  ///< and calls of what is known only when the program runs.
  std::string fallback_reason;     ///< Why `mode` is not the one asked for; empty if it is.
};

/// The fingerprint of a function of the program or shared library `binary`.
///
/// `name` is mangled, or as written in C++ with or without namespaces and parameters.
/// @throws Error `invalid_argument` if no function or several are meant, `corrupt` or
/// `not_supported` if `binary` is damaged or no ELF file for 64 bits, or what opening it fails with
[[nodiscard]] CodeFingerprint fingerprint(const std::filesystem::path& binary,
                                          std::string_view name,
                                          const FingerprintOptions& options = {},
                                          Io& io = Io::system());

/// The functions of `binary` that `name` could mean, demangled and sorted; all if `name` is empty.
/// Fails like `fingerprint`, but not for what is not found.
[[nodiscard]] std::vector<std::string> matching_functions(const std::filesystem::path& binary,
                                                          std::string_view name,
                                                          Io& io = Io::system());

/// The fingerprint of `f`, a function, a pointer to a member function, a lambda or another object
/// that can be called with `Args`. These need to be named only if `f` has several call operators or
/// a template of them.
///
/// Code is all that counts. What a lambda has captured and what a `std::function` or a function
/// pointer within `f` holds are data: they belong into the key of the call.
///
/// Made once for each function, options and process, then remembered. Thread-safe, also in the
/// child of a fork. Where machine code tells nothing (see `CodeFingerprint::fallback_reason`), the
/// whole binary counts.
/// @throws Error `corrupt` if the program's own file is damaged
template <typename... Args, typename F>
[[nodiscard]] CodeFingerprint fingerprint_of(F&& f, FingerprintOptions options = {}) {
  return detail::fingerprint_at(detail::place_of_code<Args...>(f), std::move(options));
}

}  // namespace larder
