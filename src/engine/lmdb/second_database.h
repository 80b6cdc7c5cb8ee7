// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "engine/lmdb/environment.h"
#include "larder/engine/options.h"

namespace larder::lmdb {

/// A database that is made beside another one, to take its place. Whoever makes it has the other
/// one to himself. What was not finished is removed, now or by the next one.
class SecondDatabase {
 public:
  SecondDatabase(const LmdbOptions& options, const EngineHooks& hooks);
  SecondDatabase(const SecondDatabase&) = delete;
  SecondDatabase& operator=(const SecondDatabase&) = delete;
  ~SecondDatabase();

  [[nodiscard]] Environment& environment() { return *environment_; }
  /// Brings it to the device, with the log applied up to `applied`. It takes no more after that.
  void finish(std::uint64_t applied);
  /// Whether its file belongs to whom the other one's belongs.
  [[nodiscard]] bool has_owner_of_the_other() const;
  /// Puts its file in the place of the other one's, which is gone then, with the same permissions.
  void replace();

  /// Removes what one that was killed has left beside the database in `directory`.
  static void remove_remains(Io& io, const std::filesystem::path& directory) noexcept;

 private:
  void take_permissions();

  LmdbOptions options_;
  Io& io_;
  std::filesystem::path path_;
  std::optional<Environment> environment_;
};

}  // namespace larder::lmdb
