// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "larder/core/bytes.h"
#include "larder/core/function_ref.h"

namespace larder::detail {

/// The stored form of `tags`: sorted, each once; nothing for no tags.
/// @throws Error `invalid_argument` for a tag of 64 KiB or more, or if all together take 1 MiB
[[nodiscard]] Bytes encode_tags(std::span<const std::string> tags);

/// Visits the tags in `encoded`, in order.
void for_each_tag(BytesView encoded, FunctionRef<void(std::string_view tag)> visit);

/// Whether `encode_tags()` could have written `encoded`.
[[nodiscard]] bool are_tags(BytesView encoded);

}  // namespace larder::detail
