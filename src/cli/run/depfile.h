// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::cli {

/// The prerequisites of all rules of `text`, sorted, each once; nothing if it is not in the
/// language of make(1) as compilers write it (`gcc -MD`, `-MMD`, `-MP`).
[[nodiscard]] std::optional<std::vector<std::string>> parse_depfile(std::string_view text);

}  // namespace larder::cli
