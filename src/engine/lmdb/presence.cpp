// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/presence.h"

#include <fcntl.h>

#include <cerrno>

#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

// Which byte says what. Processes of other releases look at them, too: never change.
constexpr off_t user_byte = 0;
constexpr off_t waiting_byte = 1;
constexpr std::uint64_t first_mark = 4096;

struct ::flock one_byte(short type, off_t at) noexcept {
  struct ::flock range{};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = at;
  range.l_len = 1;
  return range;
}

bool is_locked(Io& io, int users, off_t at) {
  struct ::flock range = one_byte(F_WRLCK, at);
  if (const int result = io.range_lock(users, F_OFD_GETLK, range); result < 0) {
    throw system_error(-result, "see who has the database open");
  }
  return range.l_type != F_UNLCK;
}

}  // namespace

Presence look_for_users(Io& io, int users) {
  if (is_locked(io, users, user_byte)) return Presence::in_use;
  return is_locked(io, users, waiting_byte) ? Presence::opening : Presence::nobody;
}

std::uint64_t mark_number(std::uint64_t any) noexcept {
  return first_mark + (any >> 2U);  // an offset in a file has 63 bits
}

bool set_mark(Io& io, int users, std::uint64_t number) {
  struct ::flock range = one_byte(F_WRLCK, static_cast<off_t>(number));
  const int result = io.range_lock(users, F_OFD_SETLK, range);
  if (result == -EAGAIN || result == -EACCES) return false;
  if (result < 0) throw system_error(-result, "mark that this process has the database open");
  return true;
}

bool has_mark(Io& io, int users, std::uint64_t number) {
  return is_locked(io, users, static_cast<off_t>(number));
}

void announce_user(Io& io, int users) {
  struct ::flock range = one_byte(F_RDLCK, user_byte);
  if (const int result = io.range_lock(users, F_OFD_SETLK, range); result < 0) {
    throw system_error(-result, "announce that the database is open");
  }
}

void withdraw_user(Io& io, int users) noexcept {
  struct ::flock range = one_byte(F_UNLCK, user_byte);
  io.range_lock(users, F_OFD_SETLK, range);
}

// Somebody else may wait already, which is as good.
WaitingToOpen::WaitingToOpen(Io& io, int users) noexcept : io_(io), users_(users) {
  struct ::flock range = one_byte(F_WRLCK, waiting_byte);
  io_.range_lock(users_, F_OFD_SETLK, range);
}

WaitingToOpen::~WaitingToOpen() {
  struct ::flock range = one_byte(F_UNLCK, waiting_byte);
  io_.range_lock(users_, F_OFD_SETLK, range);
}

}  // namespace larder::lmdb
