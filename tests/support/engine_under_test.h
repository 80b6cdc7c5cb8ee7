// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "larder/engine/engine.h"

namespace larder::test {

/// What a test asks of the engine it opens.
struct EngineSettings {
  std::filesystem::path directory = {};
  Durability durability = Durability::consistent;
  std::chrono::milliseconds timeout = std::chrono::seconds{60};
  std::uint64_t map_bytes = std::uint64_t{1} << 30U;
  std::chrono::milliseconds sync_interval = LmdbOptions{}.sync_interval;
  EngineHooks hooks = {};
};

/// An engine as the suites and rigs see it: a name and a way to open it.
struct EngineUnderTest {
  std::string name;
  std::function<EnginePtr(const EngineSettings&)> open;
  /// It lives in a directory: it can be closed and opened again, opened twice, and opened by
  /// several processes.
  bool is_persistent = true;
  /// Settings that every test starts from.
  EngineSettings defaults = {};
};

std::ostream& operator<<(std::ostream& out, const EngineUnderTest& engine);

/// The LMDB engine, opened with what a test asks for.
[[nodiscard]] EnginePtr open_lmdb_with(const EngineSettings& settings);

/// The memory engine; every call opens another one.
[[nodiscard]] EnginePtr open_memory_with(const EngineSettings& settings);

/// The two engines as they come.
[[nodiscard]] inline EngineUnderTest memory_engine() {
  return {.name = "memory", .open = open_memory_with, .is_persistent = false};
}
[[nodiscard]] inline EngineUnderTest lmdb_engine() {
  return {.name = "lmdb", .open = open_lmdb_with};
}

/// Names a test with a parameter after its engine.
inline constexpr auto engine_name = [](const auto& test) { return test.param.name; };

/// Key and value as text, in the order of a scan.
using Entries = std::vector<std::pair<std::string, std::string>>;

/// Stores one value in an update of its own.
void put(Engine& engine, std::string_view key, std::string_view value);

/// Removes one key in an update of its own.
bool erase(Engine& engine, std::string_view key);

/// Reads one value in a view of its own.
[[nodiscard]] std::optional<std::string> get(Engine& engine, std::string_view key);
[[nodiscard]] std::optional<std::string> get(ReadTxn& txn, std::string_view key);

/// What a scan of `range` visits.
[[nodiscard]] Entries entries(ReadTxn& txn, const KeyRange& range = {},
                              Direction direction = Direction::forward);
[[nodiscard]] Entries entries(Engine& engine, const KeyRange& range = {},
                              Direction direction = Direction::forward);

/// The range from `begin` up to but without `end`.
[[nodiscard]] KeyRange between(std::string_view begin, std::string_view end);

}  // namespace larder::test
