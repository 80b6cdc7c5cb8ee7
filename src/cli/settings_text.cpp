// SPDX-License-Identifier: Apache-2.0
#include "cli/settings_text.h"

#include <cstdint>
#include <optional>
#include <string>

#include "cli/exit_code.h"
#include "cli/human.h"

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

std::uint64_t parse_limit(const std::string& text, std::uint64_t (*parse)(std::string_view)) {
  return text == "none" ? no_limit : parse(text);
}

std::uint64_t parse_entries(std::string_view text) {
  return parse_count(text, "a number of entries");
}

Duration parse_lifetime(const std::string& text) {
  return text == "none" ? Duration::zero() : parse_duration(text);
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

void declare_settings(Arguments& arguments, CacheSettings& target) {
  arguments.value("--max-bytes", [&target](const std::string& text) {
    target.max_bytes = parse_limit(text, parse_size);
  });
  arguments.value("--max-entries", [&target](const std::string& text) {
    target.max_entries = parse_limit(text, parse_entries);
  });
  arguments.value("--eviction",
                  [&target](const std::string& text) { target.eviction = parse_eviction(text); });
  arguments.value("--ttl", [&target](const std::string& text) {
    target.expire_after_write = parse_lifetime(text);
  });
  arguments.value("--max-age",
                  [&target](const std::string& text) { target.max_age = parse_lifetime(text); });
}

void add_settings(JsonObject& object, const CacheSettings& settings) {
  add_limit(object, "max_entries", settings.max_entries);
  add_limit(object, "max_bytes", settings.max_bytes);
  object.text("eviction", to_string(settings.eviction.value_or(Eviction::w_tinylfu)));
  add_lifetime(object, "expire_after_write_seconds", settings.expire_after_write);
  add_lifetime(object, "max_age_seconds", settings.max_age);
}

}  // namespace larder::cli
