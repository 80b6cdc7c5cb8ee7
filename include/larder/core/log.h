// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

namespace larder {

/// How much a message matters.
enum class LogLevel { debug, info, warning, error };

/// Receives what larder has to say; the library itself never prints. Called from any thread, also
/// from destructors and background threads: it must not throw and must not call back into the
/// object that speaks.
using LogSink = std::function<void(LogLevel level, std::string_view message)>;

}  // namespace larder
