// SPDX-License-Identifier: Apache-2.0
//
// The shapes of what locks keep in shared memory: who holds what and who waits for it. They live
// only while someone has the engine open within one boot of the machine.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace larder::detail {

inline constexpr std::uint32_t no_slot = 0;  // the first slot of each table stays unused
inline constexpr std::size_t object_slots = 2048;
inline constexpr std::size_t party_slots = 4096;
inline constexpr std::size_t object_name_bytes = 88;

/// Changes with every shape in this file.
inline constexpr std::uint64_t area_magic = 0x34434E5953726C00U;

/// One thread of one process, for ever.
struct Owner {
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  std::uint64_t start_ticks = 0;  ///< Of the thread.
  /// Which numbering of processes (container) the numbers belong to.
  std::uint64_t process_space = 0;
  /// Of the process, as its engine tells. Not compared: it is for those who cannot look at the
  /// thread.
  std::uint64_t presence = 0;

  friend bool operator==(const Owner& a, const Owner& b) noexcept {
    return a.tid == b.tid && a.start_ticks == b.start_ticks && a.process_space == b.process_space;
  }
};

/// A party of a barrier is `holding` while it works and `waiting` once it has arrived.
enum class PartyState : std::uint32_t {
  free,
  waiting,
  holding,
  dismissed,  ///< The barrier broke while it worked. Kept until it was told.
  invited,    ///< Waits, but the object is free for it, and for who asks before it wakes.
};

/// A thread that holds an object or waits for it.
struct Party {
  /// A PartyState. While it is `waiting`, the thread sleeps on this word.
  std::atomic<std::uint32_t> state;
  std::uint32_t object;
  std::uint32_t weight;  ///< How much of the capacity it takes.
  std::uint32_t next;    ///< In its chain, or in the chain of free slots.
  std::uint32_t previous;
  /// Never used twice: whether the slot is still the same party's. A party of a barrier gets
  /// another with each arrival.
  std::atomic<std::uint64_t> ticket;
  std::atomic<std::uint64_t> token;  ///< 0 until there is one.
  std::int64_t since;                ///< Wall time in microseconds.
  Owner owner;
};

struct Chain {
  std::uint32_t first;
  std::uint32_t last;
};

/// What is held and waited for. Exists for as long as somebody does.
struct Object {
  std::uint64_t high;  ///< A digest of kind and name.
  std::uint64_t low;
  std::uint32_t kind;      ///< An LockKind; 0 if the slot is free.
  std::uint32_t capacity;  ///< The weights of those who hold it are no more than this.
  std::uint32_t next;      ///< In its bucket, or in the chain of free slots.
  std::uint32_t used;      ///< Sum of the weights of those who hold it.
  Chain holders;
  Chain waiters;  ///< In the order of their tickets.
  /// How often somebody was faster than the first who waits.
  std::uint32_t overtakings;
  /// Barriers: whoever waits with a ticket below this may go on, and who has one below that is a
  /// party no more. So all go on, or all are dismissed, at one store.
  std::uint64_t passed_before;
  std::uint64_t broken_before;
  char name[object_name_bytes];
};

/// All of it. Everything but atomics is touched only by who has the mutex. What tells the truth is
/// the state of each party and what it says of itself, and the kind, capacity, name and tickets of
/// each object; chains, sums and buckets are made from these again if somebody dies while he has
/// the mutex.
struct Area {
  std::atomic<std::uint64_t> epoch;  ///< What all this belongs to; 0 while it is being made.
  std::uint64_t magic;
  std::uint64_t id;  ///< Random.
  pthread_mutex_t mutex;
  std::uint32_t is_changing;  ///< Somebody has the mutex, or died while he had it.
  std::uint32_t free_party;
  std::uint32_t free_object;
  std::uint64_t next_ticket;
  std::uint64_t next_token;
  std::uint64_t end_token;  ///< Tokens below it have been drawn from the engine.
  std::uint32_t buckets[object_slots];
  Object objects[object_slots];
  Party parties[party_slots];
};

}  // namespace larder::detail
