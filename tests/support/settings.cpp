// SPDX-License-Identifier: Apache-2.0
#include "support/settings.h"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "larder/core/random.h"

namespace larder::test {

bool is_full() {
  const char* text = std::getenv("LARDER_FULL");
  return text != nullptr && std::string_view(text) == "1";
}

std::uint64_t rounds(std::uint64_t quick, std::uint64_t full) { return is_full() ? full : quick; }

std::uint64_t seed() {
  static const std::uint64_t value = [] {
    const char* text = std::getenv("LARDER_SEED");
    const std::uint64_t chosen = text != nullptr ? std::strtoull(text, nullptr, 0) : random_seed();
    std::printf("replay with LARDER_SEED=%" PRIu64 "\n", chosen);
    return chosen;
  }();
  return value;
}

namespace {

// RapidCheck chooses a seed of its own, unless told: one variable replays both.
[[maybe_unused]] const bool is_rapidcheck_told = [] {
  const char* const text = std::getenv("LARDER_SEED");
  return text != nullptr && ::setenv("RC_PARAMS", ("seed=" + std::string(text)).c_str(), 0) == 0;
}();

}  // namespace

}  // namespace larder::test
