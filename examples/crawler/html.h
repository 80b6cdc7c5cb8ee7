// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace crawler {

/// What the attributes `href` of a page say, without what follows a `#`.
[[nodiscard]] std::set<std::string_view> links_in(std::string_view html);

/// What stands between <title> and </title>.
[[nodiscard]] std::string title_of(std::string_view html);

}  // namespace crawler
