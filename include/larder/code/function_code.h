// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <optional>
#include <type_traits>
#include <vector>

#include "larder/code/explanation.h"
#include "larder/code/fingerprint.h"
#include "larder/core/log.h"
#include "larder/key/digest.h"

namespace larder {

/// The code of a function, whatever its type: for lists of functions. That of a `LARDER_FN` is its
/// source text.
///
/// Thread-compatible. Does not look at the function later, only at its code.
class FunctionCode {
 public:
  template <typename F>
    requires(!std::same_as<std::remove_cvref_t<F>, FunctionCode>)
  // NOLINTNEXTLINE(google-explicit-constructor): `.depends_on = {f, &A::g}` must read like that.
  FunctionCode(const F& f) : FunctionCode(of(f)) {}

  /// The same for an object with several call operators: that for `Args`.
  template <typename... Args, typename F>
  [[nodiscard]] static FunctionCode of(F& f) {
    if constexpr (requires { f.source_digest(); }) {
      return FunctionCode({}, f.source_digest());
    } else {
      return FunctionCode(detail::place_of_code<Args...>(f), std::nullopt);
    }
  }

  /// As `fingerprint_of` and `explain_code_of`.
  [[nodiscard]] CodeFingerprint fingerprint(const FingerprintOptions& options = {}) const;
  [[nodiscard]] CodeExplanation explain(const FingerprintOptions& options = {}) const;

 private:
  FunctionCode(const detail::PlaceOfCode& place, std::optional<Digest128> source)
      : place_(place), source_(source) {}

  detail::PlaceOfCode place_;
  std::optional<Digest128> source_;
};

/// What stands for the code of all `functions`, of which there is at least one, the first giving
/// its name. If the whole binary counts for one of them, it does for all.
[[nodiscard]] CodeFingerprint fingerprint_together(const std::vector<FunctionCode>& functions,
                                                   const FingerprintOptions& options = {});

/// Why that is what it is.
[[nodiscard]] CodeExplanation explain_together(const std::vector<FunctionCode>& functions,
                                               const FingerprintOptions& options = {});

/// Tells `log` if a fingerprint could not be made as wanted: once for each function and process.
void report_fallback(const CodeFingerprint& fingerprint, const LogSink& log);

}  // namespace larder
