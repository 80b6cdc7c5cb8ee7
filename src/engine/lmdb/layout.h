// SPDX-License-Identifier: Apache-2.0
//
// The shapes of what the LMDB engine keeps outside LMDB. The log is read after a power cut and is
// described in docs/format/log.md; the index and the shared page live only while someone has the
// engine open, in page cache.
#pragma once

#include <pthread.h>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "core/wait_circle.h"

namespace larder::lmdb {

static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "state is shared by processes");

inline constexpr std::size_t segment_count = 8;             // log-0 .. log-7
inline constexpr std::size_t most_sealed = 6;               // beyond that, writers wait
inline constexpr std::uint64_t log_max_bytes = 16U << 20U;  // largest log-N
inline constexpr std::uint64_t log_min_bytes = 1U << 20U;   // smallest log-N
inline constexpr std::uint64_t log_data_begin = 64;         // behind LogHeader
inline constexpr std::size_t max_height = 10;               // 4^10 entries in a segment
inline constexpr std::size_t filter_words = 8192;           // 64 KiB: half a million bits
inline constexpr std::uint64_t not_sealed = std::numeric_limits<std::uint64_t>::max();

// Stored on disk: never change. "larderLG", "larderTX".
inline constexpr std::uint64_t log_magic = 0x474C72656472616CU;
inline constexpr std::uint32_t txn_magic = 0x5854726CU;
inline constexpr std::uint32_t log_version = 1;

/// First bytes of log-N, written when the segment becomes the active one.
struct LogHeader {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t boot;           ///< Names the boot of the machine; 0 if that has no name.
  std::uint64_t base_sequence;  ///< Sequence number of the first transaction in this segment.
  std::uint64_t checksum;       ///< XXH3 of the fields above.
};
static_assert(sizeof(LogHeader) == 32);

/// Where in log-N a word says up to which transaction all needed files are on the device.
inline constexpr std::uint64_t files_mark_at = 32;

/// What became of a transaction in the log. Stored on disk: never change.
enum class TxnOutcome : std::uint32_t {
  committed = 1,
  abandoned = 2,
  committed_with_files = 3,  ///< Needs files beside the engine, see WriteTxn::needs_file.
};

/// Before the entries of one transaction.
struct TxnHeader {
  std::uint32_t magic;
  TxnOutcome outcome;
  std::uint64_t sequence;  ///< One more than that of the committed transaction before.
  std::uint64_t bytes;     ///< Of header and entries.
  std::uint64_t checksum;  ///< XXH3 of the entries, mixed with the fields above.
};
static_assert(sizeof(TxnHeader) == 32);

/// What an entry does to its key. Stored on disk: never change.
enum class EntryKind : std::uint32_t { put = 1, erase = 2 };

/// Before the key and the value of one entry; entries are aligned to 8 bytes.
struct EntryHeader {
  std::uint32_t key_bytes;
  std::uint32_t value_bytes;
  EntryKind kind;
  std::uint32_t reserved;
};
static_assert(sizeof(EntryHeader) == 16);

/// First bytes of index-N: a filter, a hash table and a skip list over the entries of log-N. The
/// filter tells at once that a key is not there, the table finds one that is, the list keeps order.
/// The buckets of the table follow, then the nodes.
struct IndexHeader {
  std::atomic<std::uint64_t>
      sealed_end;  ///< Entries from here on do not count; `not_sealed` if active.
  std::atomic<std::uint64_t> base_sequence;  ///< Of the first transaction in this segment.
  std::uint64_t log_bytes;                   ///< Size of log-N that may be used.
  std::uint64_t index_bytes;                 ///< Size of index-N that may be used.
  std::uint64_t buckets;                     ///< How many the hash table has.

  // Under write_mutex: how far the segment is filled, whatever counts of it. What an abandoned
  // transaction took is not used again, since a reader may still pass by.
  std::atomic<std::uint64_t> log_tail;
  std::atomic<std::uint64_t> node_tail;
  std::atomic<std::uint64_t> settled_nodes;  ///< Nodes before this belong to finished transactions.
  std::atomic<std::uint64_t> open_begin;     ///< Where the unfinished transaction starts, or 0.

  std::atomic<std::uint32_t> head[max_height];
  std::atomic<std::uint64_t> filter[filter_words];
};

/// The newest node of a bucket, in units of 4 bytes; 0 if there is none.
using Bucket = std::atomic<std::uint32_t>;

/// How many buckets serve a log of this size: more than it holds entries, unless they are small.
/// An even number, so that the nodes are aligned.
constexpr std::uint64_t buckets_for(std::uint64_t log_bytes) noexcept {
  return log_bytes / 512 * 2;
}

/// Where in index-N the nodes begin, and how long it must be.
constexpr std::uint64_t nodes_begin(std::uint64_t log_bytes) noexcept {
  return sizeof(IndexHeader) + buckets_for(log_bytes) * sizeof(Bucket);
}
constexpr std::uint64_t index_bytes_for(std::uint64_t log_bytes) noexcept {
  return nodes_begin(log_bytes) + log_bytes;
}

/// The first bytes of a key as numbers that sort like them: most comparisons of a search need no
/// more, and so do not touch the log.
struct KeyHead {
  std::uint64_t words[3];
};

/// A node of the skip list. Followed by `height - 1` further links.
struct Node {
  std::uint32_t entry;  ///< Offset of the entry in log-N, in units of 8 bytes.
  std::uint32_t height;
  std::uint32_t hash;                ///< High half of `key_hash()`.
  std::atomic<std::uint32_t> older;  ///< Next node of the same bucket, in units of 4 bytes.
  KeyHead head;
  std::atomic<std::uint32_t>
      next[1];  ///< Offsets of nodes in index-N, in units of 4 bytes; 0 ends.
};

/// Which segments hold what has not reached LMDB yet, and how far the active one counts. One word,
/// so that a reader learns it in one load.
struct LogState {
  static constexpr std::uint32_t none = 15;

  std::uint64_t committed = 0;   ///< Entries of the active segment count up to this offset.
  std::uint32_t active = none;   ///< Segment that grows.
  std::uint32_t sealed = 0;      ///< Full segments on their way to LMDB: a bit for each.
  std::uint64_t generation = 0;  ///< Changes whenever more than `committed` changes.

  static LogState unpack(std::uint64_t word) noexcept {
    return {.committed = (word & 0x3FFFFFU) << 3U,
            .active = static_cast<std::uint32_t>((word >> 22U) & 15U),
            .sealed = static_cast<std::uint32_t>((word >> 26U) & 0xFFU),
            .generation = word >> 34U};
  }
  [[nodiscard]] std::uint64_t pack() const noexcept {
    return (committed >> 3U) | (std::uint64_t{active} << 22U) | (std::uint64_t{sealed} << 26U) |
           (generation << 34U);
  }
  [[nodiscard]] bool is_sealed(std::uint32_t number) const noexcept {
    return ((sealed >> number) & 1U) != 0;
  }
  [[nodiscard]] std::size_t sealed_count() const noexcept {
    return static_cast<std::size_t>(std::popcount(sealed));
  }
};
static_assert(segment_count == 8, "LogState has a bit for each segment");

/// Changes with the layout of SharedPage, LogState and IndexHeader.
inline constexpr std::uint64_t shared_magic = 0x4853726564726C34U;

inline constexpr std::size_t needed_file_slots = 256;
inline constexpr std::size_t needed_path_bytes = 56;

/// A file that a transaction needs and that may not be on the device yet.
struct NeededFile {
  std::atomic<std::uint64_t> sequence;  ///< Of the transaction; 0 if the slot is free.
  std::atomic<std::uint64_t> path[needed_path_bytes / 8];  ///< Padded with zeros.
};

/// The file `shared`: where the processes that have the engine open meet.
struct SharedPage {
  std::uint64_t magic;
  std::uint64_t bytes;  ///< Of the whole file: another build may have laid it out differently.

  alignas(64) std::atomic<std::uint64_t> state;  ///< A packed LogState.
  /// While a large transaction commits straight to LMDB: its LMDB number. Who reads that LMDB
  /// snapshot must wait for `state` to change, else zero.
  std::atomic<std::uint64_t> barrier;
  std::atomic<std::uint64_t> published;  ///< Sequence number of the last committed transaction.

  alignas(64) std::atomic<std::uint64_t> synced;  ///< All up to this one would survive a power cut.
  std::atomic<std::uint64_t> last_write;          ///< Steady microseconds of the last commit.
  std::atomic<std::uint32_t> sync_failed;         ///< An errno: the device refused to sync.

  /// What the log and large transactions have brought to LMDB since the first one opened it.
  std::atomic<std::uint64_t> bytes_applied;

  alignas(64) pthread_mutex_t write_mutex;  ///< Held by the one transaction that writes.
  alignas(64) pthread_mutex_t apply_mutex;  ///< Held by who writes LMDB. Taken after write_mutex.
  alignas(64) pthread_mutex_t claim_mutex;  ///< Held while the claim table is searched.

  std::uint64_t direct_sequence;  ///< Sequence number of the transaction behind `barrier`.
  std::uint32_t disposable;       ///< All who have it open chose Durability::disposable.

  alignas(64) std::atomic<std::uint64_t> files_published;  ///< Last transaction that needs files.
  std::atomic<std::uint64_t> files_unlisted;  ///< Last one with a file that found no slot.
  std::atomic<std::uint64_t> files_synced;  ///< The files of all up to this one are on the device.
  NeededFile needed_files[needed_file_slots];

  /// LMDB transaction after which nobody newly needs a segment; see Log::is_free.
  std::atomic<std::uint64_t> retired[segment_count];
};

inline constexpr std::size_t claim_slots = 1024;

/// One claim that is or was held.
struct ClaimSlot {
  pthread_mutex_t mutex;               ///< Held by the owner of the claim.
  std::atomic<std::uint32_t> waiting;  ///< How many wait for the mutex, or died while they did.
  bool is_ready;                       ///< The mutex has been made. Under claim_mutex.
  WaitLabel label;                     ///< What the owner waits for, if it does.
};

/// Behind the SharedPage in the file `shared`. All zero is a good start.
struct ClaimTable {
  /// What each slot stands for, or last stood for: a hash, 0 for nothing. Changed under claim_mutex
  /// by who holds the slot.
  std::atomic<std::uint64_t> names[claim_slots];
  ClaimSlot slots[claim_slots];
};

inline constexpr std::size_t empty_range_slots = 8;
inline constexpr std::size_t empty_range_key_bytes = 120;

/// A range of stored keys in which no key has a value.
struct EmptyRangeSlot {
  std::uint8_t has_end;
  std::uint8_t begin_bytes;
  std::uint8_t end_bytes;
  std::byte bytes[2 * empty_range_key_bytes];  ///< The first key, then the one behind the last.
};

/// Behind the GenerationTable in the file `shared`; see EmptyRanges. All zero is a good start.
struct EmptyRangeTable {
  std::atomic<std::uint32_t> set;  ///< A bit for each slot that holds a range.
  std::uint32_t next;              ///< The slot that was given up last.
  EmptyRangeSlot slots[empty_range_slots];
};

inline constexpr std::size_t generation_slots = 8192;

/// Behind the ClaimTable in the file `shared`. See Engine::generation. All zero is a good start.
struct GenerationTable {
  std::atomic<std::uint64_t> slots[generation_slots];

  /// The generation of a key of which this is the hash.
  [[nodiscard]] std::atomic<std::uint64_t>& of(std::uint64_t hash) noexcept {
    return slots[hash % generation_slots];
  }
};

}  // namespace larder::lmdb
