// SPDX-License-Identifier: Apache-2.0
//
// Who has a directory open, told by locks on single bytes of the file `users`: unlike flock(2),
// they can be looked at without being taken, also by those who may only read the file.
#pragma once

#include <cstdint>

#include "larder/core/io.h"

namespace larder::lmdb {

enum class Presence {
  nobody,   ///< Nobody has it open.
  opening,  ///< Nobody has it open, but somebody waits for his turn to open it.
  in_use,   ///< Somebody has it open.
};

/// What the file open as `users` tells.
/// @throws Error if that cannot be told
[[nodiscard]] Presence look_for_users(Io& io, int users);

/// Until `withdraw_user()`, or until `users` is closed, others see that somebody has the directory
/// open.
/// @throws Error
void announce_user(Io& io, int users);
void withdraw_user(Io& io, int users) noexcept;

/// Turns any number into that of a mark, which is the place of a byte that has no other meaning.
[[nodiscard]] std::uint64_t mark_number(std::uint64_t any) noexcept;
/// Sets the mark `number` until `users` is closed. False if somebody else has set it.
/// @throws Error
[[nodiscard]] bool set_mark(Io& io, int users, std::uint64_t number);
/// Whether somebody has set the mark `number` through another open file.
/// @throws Error if that cannot be told
[[nodiscard]] bool has_mark(Io& io, int users, std::uint64_t number);

/// Others see that somebody waits to open the directory, so that those who read it while nobody has
/// it open make way.
class WaitingToOpen {
 public:
  WaitingToOpen(Io& io, int users) noexcept;
  WaitingToOpen(const WaitingToOpen&) = delete;
  WaitingToOpen& operator=(const WaitingToOpen&) = delete;
  ~WaitingToOpen();

 private:
  Io& io_;
  int users_;
};

}  // namespace larder::lmdb
