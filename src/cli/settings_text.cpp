// SPDX-License-Identifier: Apache-2.0
#include "cli/settings_text.h"

#include <cstdint>
#include <optional>

#include "cli/exit_code.h"

namespace larder::cli {
namespace {

void add_limit(JsonObject& object, std::string_view name, std::optional<std::uint64_t> limit) {
  if (limit.value_or(no_limit) == no_limit) {
    object.null(name);
  } else {
    object.number(name, *limit);
  }
}

void add_lifetime(JsonObject& object, std::string_view name, std::optional<Duration> lifetime) {
  if (lifetime.value_or(Duration::zero()) == Duration::zero()) {
    object.null(name);
  } else {
    object.real(name, std::chrono::duration<double>(*lifetime).count());
  }
}

}  // namespace

Eviction parse_eviction(std::string_view name) {
  std::string choice;
  for (const Eviction eviction : all_evictions) {
    if (to_string(eviction) == name) return eviction;
    if (eviction != Eviction::none) choice += std::string(to_string(eviction)) + ", ";
  }
  throw UsageError("there is no eviction '" + std::string(name) + "': choose " + choice +
                   "or none");
}

void add_settings(JsonObject& object, const CacheSettings& settings) {
  add_limit(object, "max_entries", settings.max_entries);
  add_limit(object, "max_bytes", settings.max_bytes);
  object.text("eviction", to_string(settings.eviction.value_or(Eviction::w_tinylfu)));
  add_lifetime(object, "expire_after_write_seconds", settings.expire_after_write);
  add_lifetime(object, "max_age_seconds", settings.max_age);
}

}  // namespace larder::cli
