// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "code/binary.h"
#include "larder/code/explanation.h"

namespace larder {

/// Explains the function of `binary` at `address`; falls back to the whole binary where its code
/// says nothing.
[[nodiscard]] CodeExplanation explain_function(const Binary& binary, std::uint64_t address,
                                               const FingerprintOptions& options, Io& io);

/// The explanation where no code is looked at: `identity` stands for the binary.
[[nodiscard]] CodeExplanation explain_whole(const Digest128& identity, std::string function,
                                            const FingerprintOptions& options, std::string reason,
                                            Io& io);

}  // namespace larder
