// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>

#include "engine/lmdb/layout.h"
#include "larder/core/bytes.h"
#include "larder/core/io.h"
#include "larder/core/random.h"
#include "larder/engine/txn.h"

namespace larder::lmdb {

/// One entry of the log. The views point into the mapping.
struct LogEntry {
  BytesView key;    ///< In stored form.
  BytesView value;  ///< In stored form; empty if erased.
  bool erased = false;
};

/// A stored key with what searching for it needs.
struct SearchKey {
  explicit SearchKey(BytesView searched) noexcept;

  BytesView key;
  KeyHead head = {};
};

/// Hash of a stored key, for `Segment::find`.
[[nodiscard]] std::uint64_t key_hash(BytesView key) noexcept;

/// This process's mapping of log-N and index-N: transactions in the order of their commits, and an
/// index of their entries: a hash table, and a skip list in key order, newest first (W. Pugh, CACM
/// 1990).
///
/// One process at a time writes, under SharedPage::write_mutex. Readers need no lock: entries never
/// change, links are published with release and only ever skip what a reader may skip.
class Segment {
 public:
  /// Opens log-N and index-N in `directory`; creates them if they are missing.
  /// @throws Error naming the file
  Segment(Io& io, const std::filesystem::path& directory, std::uint32_t number, mode_t mode);
  /// Where the index is of a segment that is only read.
  enum class Index { shared, own };
  /// Opens it to be read only: with the index that writers keep up, or, if nobody has the database
  /// open, for an index in memory of its own; see `index_entry()`.
  /// @throws Error naming the file
  Segment(Io& io, const std::filesystem::path& directory, std::uint32_t number, Index index);
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;
  ~Segment();

  /// Whether segment `number` in `directory` has space on the device for a log of `log_bytes`.
  [[nodiscard]] static bool has_space(Io& io, const std::filesystem::path& directory,
                                      std::uint32_t number, std::uint64_t log_bytes);

  /// Sees to it that `has_space()`.
  /// @throws Error `full`
  void reserve_space(std::uint64_t log_bytes);

  /// Undoes that. Nobody may use the segment.
  void give_space_back() noexcept;

  /// Empties the segment and makes it ready for transactions from `base_sequence` on, with
  /// `log_bytes` of reserved space on the device. `boot` as in `boot_tag()`.
  /// @throws Error `full`; the segment is then unusable but nothing else has changed
  void reset(std::uint64_t base_sequence, std::uint64_t log_bytes, std::uint32_t boot = 0);

  /// Notes in the log that the files which transactions up to `sequence` need are on the device.
  void mark_files(std::uint64_t sequence) const noexcept;

  /// Takes the log's pages out of this process until they are touched again. Makes `sync()` of many
  /// of them cheaper: those that are mapped are cleaned one by one, each with an interrupt of all
  /// processors that run the process.
  void unmap_pages() const noexcept;
  /// Waits until the log's bytes are on the device. Returns a negative errno on failure.
  int sync() const;

  // --- Reading: any thread, any process -----------------------------------------------------

  /// The newest entry of `key`, whose hash is `hash`, before `limit`.
  [[nodiscard]] std::optional<LogEntry> find(BytesView key, std::uint64_t hash,
                                             std::uint64_t limit) const noexcept;
  /// The newest entry before `limit` of the first key that is not below `key`.
  [[nodiscard]] std::optional<LogEntry> at_or_after(BytesView key,
                                                    std::uint64_t limit) const noexcept;
  /// The same for the first key above `key`.
  [[nodiscard]] std::optional<LogEntry> after(BytesView key, std::uint64_t limit) const noexcept;
  /// The same for the last key below `key`, or of all keys if `key` is unset.
  [[nodiscard]] std::optional<LogEntry> before(std::optional<BytesView> key,
                                               std::uint64_t limit) const noexcept;
  /// Steps through the newest entries before a limit of all keys, in key order.
  class Walk;
  /// Entries from here on do not count any more; `not_sealed` while the segment is the active one.
  [[nodiscard]] std::uint64_t sealed_end() const noexcept;
  /// The sequence number of the first transaction. Later segments have greater ones.
  [[nodiscard]] std::uint64_t base_sequence() const noexcept {
    return index().base_sequence.load(std::memory_order_relaxed);
  }
  /// How many bytes of log there may be.
  [[nodiscard]] std::uint64_t log_bytes() const noexcept { return index().log_bytes; }
  /// The last sequence number committed before `end`; walks the log.
  [[nodiscard]] std::uint64_t last_sequence(std::uint64_t end) const noexcept;

  // --- Indexing a log that nobody has open --------------------------------------------------

  /// The bytes of the log file.
  [[nodiscard]] BytesView content() const noexcept { return {log_map_, content_bytes_}; }
  /// Makes an empty index with room for `entries` entries of a log that begins with transaction
  /// `base_sequence`.
  void make_index(std::uint64_t entries, std::uint64_t base_sequence);
  /// Links the entry whose key is `key`, a part of `content()`. The newest of a key comes last.
  void index_entry(BytesView key, Random& random);

  // --- Writing: only under write_mutex ------------------------------------------------------

  /// Whether one more entry fits and leaves `spare` bytes.
  [[nodiscard]] bool has_room(std::size_t key_bytes, std::size_t value_bytes,
                              std::uint64_t spare) const noexcept;
  /// Bytes of the unfinished transaction, 0 if there is none.
  [[nodiscard]] std::uint64_t open_bytes() const noexcept;
  /// Appends an entry to the unfinished transaction, which it starts if need be, and links it.
  /// Returns the hash of its key.
  std::uint64_t add(const LogEntry& entry, Random& random);
  /// Finishes the transaction: from now on it can be found in the log. Returns its end.
  std::uint64_t commit(std::uint64_t sequence, TxnOutcome outcome = TxnOutcome::committed);
  /// Forgets that there was an unfinished transaction; the state that counts it has been published.
  void settle() noexcept;
  /// Takes the unfinished transaction, if there is one, out of the index and marks it as abandoned.
  void abandon();
  /// Calls `visit(entry)` for every entry of the unfinished transaction, in order.
  template <typename Visit>
  void for_each_open_entry(Visit visit) const {
    const std::uint64_t begin = index().open_begin.load(std::memory_order_relaxed);
    if (begin == 0) return;
    const std::uint64_t end = index().log_tail.load(std::memory_order_relaxed);
    for (std::uint64_t at = begin + sizeof(TxnHeader); at < end; at = entry_end(at)) {
      visit(entry_at(at));
    }
  }
  /// After its writer has died: settles what `committed` counts, abandons what it does not. Returns
  /// whether there was anything of the kind.
  bool repair(std::uint64_t committed);
  /// Entries from `end` on do not count any more.
  void seal(std::uint64_t end) noexcept;

 private:
  [[nodiscard]] IndexHeader& index() const noexcept {
    return *reinterpret_cast<IndexHeader*>(index_map_);
  }
  [[nodiscard]] LogEntry entry_at(std::uint64_t offset) const noexcept {
    EntryHeader header;
    std::memcpy(&header, log_map_ + offset, sizeof(header));
    const std::byte* key = log_map_ + offset + sizeof(header);
    return {.key = BytesView(key, header.key_bytes),
            .value = BytesView(key + header.key_bytes, header.value_bytes),
            .erased = header.kind == EntryKind::erase};
  }
  [[nodiscard]] std::uint32_t next_of(const Node* at) const noexcept {
    return (at == nullptr ? index().head[0] : at->next[0]).load(std::memory_order_acquire);
  }
  [[nodiscard]] std::uint64_t entry_end(std::uint64_t offset) const noexcept;
  [[nodiscard]] Node* node(std::uint32_t reference) const noexcept {
    return reinterpret_cast<Node*>(index_map_ + std::uint64_t{reference} * 4);
  }
  /// The bucket of the keys whose hashes have this high half.
  [[nodiscard]] Bucket& bucket(std::uint32_t hash) const noexcept {
    const std::uint64_t number = (std::uint64_t{hash} * index().buckets) >> 32U;
    return reinterpret_cast<Bucket*>(index_map_ + sizeof(IndexHeader))[number];
  }
  [[nodiscard]] std::atomic<std::uint32_t>& link(Node* at, std::uint32_t level) const noexcept {
    return at == nullptr ? index().head[level] : at->next[level];
  }
  /// The last node whose key is below `key`; null means the head of the list.
  [[nodiscard]] Node* predecessor(const SearchKey& key) const noexcept;
  /// The same among the nodes of `level`, from node `from` on.
  [[nodiscard]] Node* predecessor(Node* from, const SearchKey& key,
                                  std::uint32_t level) const noexcept;
  /// The same for every level.
  void fill_path(const SearchKey& key, Node** path) const noexcept;
  [[nodiscard]] bool is_below(const Node& node, const SearchKey& key) const noexcept;
  /// The first visible entry from `from` on along level 0.
  [[nodiscard]] std::optional<LogEntry> visible(std::uint32_t from,
                                                std::uint64_t limit) const noexcept;
  [[nodiscard]] std::uint64_t append(const LogEntry& entry);
  void link_node(const SearchKey& key, std::uint64_t hash, std::uint64_t entry, Random& random);
  void link_entry(BytesView key, std::uint64_t hash, std::uint64_t offset, Random& random);
  void close_transaction(std::uint64_t sequence, TxnOutcome outcome);
  void unlink(std::uint64_t begin, std::uint64_t end) noexcept;
  void unlink_node(const Node* gone, std::uint32_t reference) noexcept;
  void unchain(const Node* gone, std::uint32_t reference) noexcept;
  void store(std::uint64_t offset, BytesView data);
  void reserve(const File& file, std::uint64_t bytes, const std::filesystem::path& path);

  Io& io_;
  bool writes_in_place_;
  std::filesystem::path log_path_;
  std::filesystem::path index_path_;
  File log_file_;
  File index_file_;
  std::byte* log_map_ = nullptr;
  std::byte* index_map_ = nullptr;
  std::uint64_t index_map_bytes_ = index_bytes_for(log_max_bytes);
  std::size_t content_bytes_ = 0;  ///< Of a log that nobody has open.
};

class Segment::Walk {
 public:
  /// At the end of nothing.
  Walk() = default;
  /// At the first key that is not below `from`.
  Walk(const Segment& segment, BytesView from, std::uint64_t limit)
      : segment_(&segment),
        next_(segment.next_of(segment.predecessor(SearchKey(from)))),
        limit_(limit) {
    next();
  }

  [[nodiscard]] bool ended() const noexcept { return segment_ == nullptr; }
  /// Where it stands. Not at the end.
  [[nodiscard]] const LogEntry& entry() const noexcept { return entry_; }
  [[nodiscard]] const Segment* segment() const noexcept { return segment_; }
  void next() noexcept {
    const BytesView last = entry_.key;
    while (next_ != 0) {
      const Node* found = segment_->node(next_);
      next_ = segment_->next_of(found);
      const std::uint64_t offset = std::uint64_t{found->entry} * 8;
      if (offset >= limit_) continue;
      entry_ = segment_->entry_at(offset);
      if (!equal(entry_.key, last)) return;  // else an older one of the same key
    }
    segment_ = nullptr;
  }

 private:
  const Segment* segment_ = nullptr;
  std::uint32_t next_ = 0;
  std::uint64_t limit_ = 0;
  LogEntry entry_;
};

}  // namespace larder::lmdb
