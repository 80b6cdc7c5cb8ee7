// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/store_checks.h"

#include <algorithm>
#include <string>

#include "cli/human.h"
#include "larder/core/io.h"

namespace larder::cli {
namespace {

void check_room(const Cache& store, std::uint64_t max_bytes, Findings& findings) {
  const std::int64_t space = Io::system().free_bytes(store.path());
  const std::uint64_t used = store.bytes();
  if (space < 0 || max_bytes <= used) return;
  if (max_bytes - used > static_cast<std::uint64_t>(space)) {
    findings.push_back(
        {Weight::problem, "limit",
         "the device is full before the limit of " + human_size(max_bytes) + " is reached",
         "lower 'larder limit --max-bytes'"});
  }
}

void check_limits(const Cache& store, const CacheSettings& settings, Findings& findings) {
  const std::uint64_t max_bytes = settings.max_bytes.value_or(no_limit);
  const std::uint64_t max_entries = settings.max_entries.value_or(no_limit);
  const Eviction eviction = settings.eviction.value_or(Eviction::w_tinylfu);
  if (max_bytes == 0 || max_entries == 0) {
    findings.push_back(
        {Weight::problem, "limit", "it lets nothing be stored", "raise it with 'larder limit'"});
    return;
  }
  if (max_bytes == no_limit && max_entries == no_limit) {
    findings.push_back({Weight::notice, "limit", "there is none: the store may fill the device",
                        "'larder limit --max-bytes 10G' if it should not"});
    return;
  }
  check_room(store, max_bytes, findings);
  if (eviction == Eviction::none) {
    findings.push_back({Weight::notice, "limit", "when it is reached, storing fails",
                        "'larder limit --eviction w_tinylfu' removes old entries instead"});
  }
  if (eviction == Eviction::custom) {
    findings.push_back({Weight::notice, "limit",
                        "a program's own policy decides what goes; others take what came first",
                        ""});
  }
}

void check_files(const CacheSettings& settings, Findings& findings) {
  const std::uint64_t above = settings.file_above_bytes.value_or(no_limit);
  constexpr std::uint64_t few = 4096;
  if (above < few) {
    findings.push_back({Weight::notice, "value files",
                        "values above " + human_size(above) + " get a file each, which is slow",
                        "set file_above_bytes to its default, 1 MiB"});
  }
}

/// The files of an open store do not shrink.
void check_use_of_space(const Cache& store, Findings& findings) {
  constexpr std::uint64_t worth_it = std::uint64_t{32} << 20U;
  const EngineInfo storage = store.storage();
  if (storage.disk_bytes < 2 * storage.used_bytes + worth_it) return;
  findings.push_back({Weight::notice, "space",
                      "files of " + human_size(storage.disk_bytes) + " hold " +
                          human_size(storage.used_bytes) + " of data",
                      "'larder compact' gives back the rest while nobody uses the store"});
}

}  // namespace

void check_settings(const Cache& store, Findings& findings) {
  const CacheSettings settings = store.settings();
  const std::size_t before = findings.size();
  check_limits(store, settings, findings);
  check_files(settings, findings);
  check_use_of_space(store, findings);
  if (findings.size() == before) findings.push_back({Weight::good, "settings", "they fit", ""});
  const CacheStats stats = store.stats();
  if (stats.corrupt_misses != 0) {
    findings.push_back({Weight::problem, "reads",
                        std::to_string(stats.corrupt_misses) + " met a damaged record",
                        "'larder repair', and look after the device"});
  }
  if (stats.schema_misses > stats.hits) {
    findings.push_back({Weight::notice, "reads", "most asked for another type than was stored",
                        "programs that share a store must agree on the types of its values"});
  }
}

void check_records(const Cache& store, const Console& console, Findings& findings) {
  constexpr std::size_t told = 3;
  const VerifyReport report = store.verify([&](std::uint64_t done, std::uint64_t total) {
    console.progress("checked " + std::to_string(done) + " of " + std::to_string(total));
  });
  console.progress("");
  for (std::size_t i = 0; i < std::min(told, report.problems.size()); ++i) {
    findings.push_back({Weight::damage, "records", report.problems[i], ""});
  }
  if (report.problems.empty()) {
    findings.push_back(
        {Weight::good, "records", std::to_string(report.entries) + " entries are whole", ""});
  } else {
    findings.push_back({Weight::damage, "records",
                        std::to_string(report.problems.size()) + " problems in all",
                        "'larder verify' names them, 'larder repair' puts them right"});
  }
}

}  // namespace larder::cli
