// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "larder/code/fingerprint.h"
#include "larder/core/io.h"
#include "larder/key/digest.h"

namespace larder {

/// What something that counts with its content is; of a variable it is the value at the start.
enum class CodeKind { function, data };

/// A function, constant or variable that counts with its content.
struct FollowedCode {
  CodeKind kind = CodeKind::function;
  std::string name;                ///< As written in C++; empty if it has none.
  Digest128 digest;                ///< Of itself alone: what it leads to counts by name here.
  std::uint64_t size_bytes = 0;    ///< How long it is in the binary.
  std::size_t indirect_calls = 0;  ///< Calls in it of what is known only when the program runs.
};

/// All that a fingerprint is made of.
struct CodeExplanation {
  CodeFingerprint fingerprint;
  std::vector<FollowedCode> followed;  ///< As they were found, the function itself first.
  std::vector<std::string> by_name;    ///< What counts by name, sorted.
};

/// Why the fingerprint of a function of `binary` is what it is. Fails like `fingerprint`.
[[nodiscard]] CodeExplanation explain(const std::filesystem::path& binary, std::string_view name,
                                      const FingerprintOptions& options = {},
                                      Io& io = Io::system());

/// Why the fingerprint of `f` is what it is, see `fingerprint_of`. Not remembered: made anew by
/// every call but the first.
template <typename... Args, typename F>
[[nodiscard]] CodeExplanation explain_code_of(F&& f, FingerprintOptions options = {}) {
  return detail::explain_at(detail::place_of_code<Args...>(f), std::move(options));
}

/// What is different between two explanations; names, sorted.
struct CodeChanges {
  std::vector<std::string> changed;  ///< In both, with other content.
  std::vector<std::string> added;    ///< Only in the later one.
  std::vector<std::string> removed;  ///< Only in the earlier one.

  [[nodiscard]] bool empty() const noexcept {
    return changed.empty() && added.empty() && removed.empty();
  }
};

/// What changed from `before` to `after`: functions and data by their own content, and what
/// counts by name.
[[nodiscard]] CodeChanges compare(const CodeExplanation& before, const CodeExplanation& after);

}  // namespace larder
