// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace larder::detail {

/// A list of types.
template <typename... T>
struct Types {};

}  // namespace larder::detail
