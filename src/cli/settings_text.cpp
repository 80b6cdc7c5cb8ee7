// SPDX-License-Identifier: Apache-2.0
#include "cli/settings_text.h"

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "cli/exit_code.h"

namespace larder::cli {
namespace {

// In the order in which they are offered.
constexpr std::array<std::pair<Eviction, std::string_view>, 10> evictions = {
    {{Eviction::fifo, "fifo"},
     {Eviction::lru, "lru"},
     {Eviction::lfu, "lfu"},
     {Eviction::sieve, "sieve"},
     {Eviction::s3_fifo, "s3_fifo"},
     {Eviction::w_tinylfu, "w_tinylfu"},
     {Eviction::mru, "mru"},
     {Eviction::random, "random"},
     {Eviction::custom, "custom"},
     {Eviction::none, "none"}}};

void add_limit(JsonObject& object, std::string_view name, std::optional<std::uint64_t> limit) {
  if (limit.value_or(no_limit) == no_limit) {
    object.null(name);
  } else {
    object.number(name, *limit);
  }
}

}  // namespace

std::string_view eviction_name(Eviction eviction) {
  for (const auto& [value, name] : evictions) {
    if (value == eviction) return name;
  }
  return "unknown";
}

Eviction parse_eviction(std::string_view name) {
  for (const auto& [value, known] : evictions) {
    if (known == name) return value;
  }
  std::string choice;
  for (const auto& [value, known] : evictions) {
    if (value != Eviction::none) choice += std::string(known) + ", ";
  }
  throw UsageError("there is no eviction '" + std::string(name) + "': choose " + choice +
                   "or none");
}

void add_settings(JsonObject& object, const CacheSettings& settings) {
  add_limit(object, "max_entries", settings.max_entries);
  add_limit(object, "max_bytes", settings.max_bytes);
  object.text("eviction", eviction_name(settings.eviction.value_or(Eviction::w_tinylfu)));
  const Duration lifetime = settings.expire_after_write.value_or(Duration::zero());
  if (lifetime == Duration::zero()) {
    object.null("expire_after_write_seconds");
  } else {
    object.real("expire_after_write_seconds", std::chrono::duration<double>(lifetime).count());
  }
}

}  // namespace larder::cli
