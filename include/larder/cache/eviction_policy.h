// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "larder/core/bytes.h"

namespace larder {

/// Why an entry is no longer what it was.
enum class RemovalCause {
  expired,   ///< Its time was over.
  evicted,   ///< It made room for others.
  erased,    ///< Someone asked for it: `erase`, `pop`, `erase_tag`, `clear`.
  replaced,  ///< Another value took its place under the same key.
};

/// The entries of a cache, as a policy sees them within the update that needs room. Each is known
/// by its sequence number: its place in insertion order, never used again, never 0.
///
/// Not thread-safe. Valid only inside the call that got it.
class Residents {
 public:
  Residents(const Residents&) = delete;
  Residents& operator=(const Residents&) = delete;

  /// How many entries there are.
  [[nodiscard]] virtual std::uint64_t entries() const = 0;

  /// Larger than the sequence number of any entry.
  [[nodiscard]] virtual std::uint64_t end() const = 0;

  /// The oldest entry; `end()` if there is none.
  [[nodiscard]] virtual std::uint64_t first() = 0;

  /// An entry that must stay, because it is being overwritten; 0 if there is none.
  [[nodiscard]] virtual std::uint64_t pinned() const = 0;

  /// The key of an entry, valid until the call that got this object returns; nothing if there is no
  /// entry with this sequence number.
  [[nodiscard]] virtual std::optional<BytesView> key(std::uint64_t sequence) = 0;

  /// Whether there is an entry with this sequence number.
  [[nodiscard]] bool contains(std::uint64_t sequence) { return key(sequence).has_value(); }

  /// Appends up to `limit` entries to `found`, in insertion order, beginning with the first whose
  /// sequence number is not below `from`.
  virtual void list(std::uint64_t from, std::size_t limit, std::vector<std::uint64_t>& found) = 0;

 protected:
  Residents() = default;
  ~Residents() = default;
};

/// Decides which entry goes when a cache is full. To write a policy of your own, derive from this,
/// give an object to `CacheHooks::eviction_policy` and choose `Eviction::custom`. All processes
/// that share the cache must give the same policy.
///
/// What a policy knows is kept in memory that all processes share: accessed atomically, survives
/// the processes, may be lost or old after a crash of the machine. It is a hint, never truth:
/// updates that are noted here may be undone later, and notes may be missing. Whatever a policy
/// chooses, the limits hold and only entries that exist go.
///
/// One object serves one cache. `note_use()` is called by any thread at any time, as is
/// `expect_use()`; the other functions only within an update, of which there is one at a time among
/// all processes.
class EvictionPolicy {
 public:
  EvictionPolicy() = default;
  EvictionPolicy(const EvictionPolicy&) = delete;
  EvictionPolicy& operator=(const EvictionPolicy&) = delete;
  virtual ~EvictionPolicy() = default;

  /// Names the memory and with it its layout: letters, digits, '.', '_' and '-'.
  [[nodiscard]] virtual std::string memory_name() const = 0;

  /// How much memory it needs. If none, it is told of no use.
  [[nodiscard]] virtual std::size_t memory_bytes() const = 0;

  /// Hands over the memory, before any other call: aligned to a page and all zero when the cache is
  /// first used with this policy.
  virtual void attach(std::span<std::byte> memory) = 0;

  /// A read has begun to look for the key, and may end with `note_use()`: the time to ask for
  /// memory that this will touch. Nothing else comes of it; called by any thread at any time.
  virtual void expect_use(BytesView /*key*/) const noexcept {}

  /// The entry was read or overwritten. Must take no lock: it is part of every read.
  virtual void note_use(std::uint64_t sequence, BytesView key) noexcept = 0;

  /// A new entry was stored.
  virtual void note_store(std::uint64_t sequence, BytesView key) noexcept = 0;

  /// The entry went.
  virtual void note_removal(std::uint64_t sequence, BytesView key, RemovalCause cause) noexcept = 0;

  /// The entry that goes next; it is removed at once. Nothing, one that is not there, or the pinned
  /// one: then the oldest entry goes.
  [[nodiscard]] virtual std::optional<std::uint64_t> choose(Residents& residents) = 0;
};

}  // namespace larder
