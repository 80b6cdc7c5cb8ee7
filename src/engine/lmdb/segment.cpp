// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "engine/lmdb/device_space.h"
#include "engine/lmdb/directory.h"
#include "engine/lmdb/log_check.h"
#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

std::uint64_t aligned(std::uint64_t bytes) noexcept { return (bytes + 7U) & ~std::uint64_t{7}; }

std::uint64_t entry_bytes(std::size_t key, std::size_t value) noexcept {
  return aligned(sizeof(EntryHeader) + key + value);
}

std::uint64_t node_bytes(std::uint32_t height) noexcept {
  return aligned(offsetof(Node, next) + sizeof(std::uint32_t) * height);
}

/// The filter and the hash table use different parts of a hash.
std::uint64_t filter_bit(std::uint64_t hash) noexcept { return hash % (filter_words * 64); }
std::uint32_t high_half(std::uint64_t hash) noexcept {
  return static_cast<std::uint32_t>(hash >> 32U);
}

/// Whether a block that a file has been given stays its block when it is written again. Elsewhere a
/// store to a mapped page may need a new block, and be fatal when the device is full.
bool has_blocks_in_place(std::int64_t file_system) noexcept {
  constexpr std::int64_t ext4 = 0xEF53;
  constexpr std::int64_t xfs = 0x58465342;
  constexpr std::int64_t tmpfs = 0x01021994;
  return file_system == ext4 || file_system == xfs || file_system == tmpfs;
}

std::byte* map(Io& io, const File& file, std::uint64_t bytes, const std::filesystem::path& path,
               int protection = PROT_READ | PROT_WRITE) {
  void* address = io.mmap(bytes, protection, MAP_SHARED, file.fd(), 0);
  if (address == MAP_FAILED) throw system_error(errno, "map " + path.string());
  return static_cast<std::byte*>(address);
}

File open_or_create(Io& io, const std::filesystem::path& path, mode_t mode) {
  ensure_file(io, path, mode);
  return {io, path, O_RDWR | O_NOFOLLOW};
}

}  // namespace

SearchKey::SearchKey(BytesView searched) noexcept : key(searched) {
  std::byte padded[sizeof(head)] = {};
  if (!key.empty()) std::memcpy(padded, key.data(), std::min(key.size(), sizeof(padded)));
  for (std::size_t i = 0; i < std::size(head.words); ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, padded + i * sizeof(word), sizeof(word));
    head.words[i] = __builtin_bswap64(word);
  }
}

std::uint64_t key_hash(BytesView key) noexcept { return XXH3_64bits(key.data(), key.size()); }

Segment::Segment(Io& io, const std::filesystem::path& directory, std::uint32_t number, mode_t mode)
    : io_(io),
      writes_in_place_(has_blocks_in_place(io.file_system_type(directory))),
      log_path_(directory / log_name(number)),
      index_path_(directory / index_name(number)),
      log_file_(open_or_create(io, log_path_, mode)),
      index_file_(open_or_create(io, index_path_, mode)) {
  // The mappings reach beyond the files: what a file grows to later is then already mapped.
  log_map_ = map(io, log_file_, log_max_bytes, log_path_);
  index_map_ = map(io, index_file_, index_bytes_for(log_max_bytes), index_path_);
}

Segment::Segment(Io& io, const std::filesystem::path& directory, std::uint32_t number, Index index)
    : io_(io),
      writes_in_place_(false),
      log_path_(directory / log_name(number)),
      index_path_(directory / index_name(number)),
      log_file_(io, log_path_, O_RDONLY | O_NOFOLLOW) {
  log_map_ = map(io, log_file_, log_max_bytes, log_path_, PROT_READ);
  if (index == Index::shared) {
    index_file_ = File(io, index_path_, O_RDONLY | O_NOFOLLOW);
    index_map_ = map(io, index_file_, index_map_bytes_, index_path_, PROT_READ);
    return;
  }
  struct stat status{};
  if (const int result = io.fstat(log_file_.fd(), status); result < 0) {
    throw system_error(-result, "open " + log_path_.string());
  }
  content_bytes_ =
      std::min<std::uint64_t>(static_cast<std::uint64_t>(status.st_size), log_max_bytes);
}

Segment::~Segment() {
  if (log_map_ != nullptr) io_.munmap(log_map_, log_max_bytes);
  if (index_map_ != nullptr) io_.munmap(index_map_, index_map_bytes_);
}

void Segment::make_index(std::uint64_t entries, std::uint64_t base_sequence) {
  const std::uint64_t buckets = (entries + 2) / 2 * 2;
  const std::uint64_t nodes = sizeof(IndexHeader) + buckets * sizeof(Bucket);
  index_map_bytes_ = nodes + entries * node_bytes(max_height);
  void* address =
      io_.mmap(index_map_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (address == MAP_FAILED) throw system_error(errno, "make an index for " + log_path_.string());
  index_map_ = static_cast<std::byte*>(address);
  IndexHeader& header = index();
  header.log_bytes = content_bytes_;
  header.index_bytes = index_map_bytes_;
  header.buckets = buckets;
  header.node_tail.store(nodes, std::memory_order_relaxed);
  header.base_sequence.store(base_sequence, std::memory_order_relaxed);
  header.sealed_end.store(content_bytes_, std::memory_order_release);
}

void Segment::index_entry(BytesView key, Random& random) {
  const auto offset = static_cast<std::uint64_t>(key.data() - log_map_) - sizeof(EntryHeader);
  link_entry(key, key_hash(key), offset, random);
}

void Segment::reserve(const File& file, std::uint64_t bytes, const std::filesystem::path& path) {
  if (!writes_in_place_) io_.ftruncate(file.fd(), 0);
  reserve_room(io_, file, bytes, path);
}

bool Segment::has_space(Io& io, const std::filesystem::path& directory, std::uint32_t number,
                        std::uint64_t log_bytes) {
  const auto reaches = [&](const std::string& name, std::uint64_t bytes) {
    struct stat status{};
    return io.stat(directory / name, status) == 0 &&
           static_cast<std::uint64_t>(status.st_size) >= bytes;
  };
  return reaches(log_name(number), log_bytes) &&
         reaches(index_name(number), index_bytes_for(log_bytes));
}

void Segment::reserve_space(std::uint64_t log_bytes) {
  reserve(log_file_, log_bytes, log_path_);
  reserve(index_file_, index_bytes_for(log_bytes), index_path_);
}

void Segment::give_space_back() noexcept {
  io_.ftruncate(log_file_.fd(), 0);
  io_.ftruncate(index_file_.fd(), 0);
}

void Segment::reset(std::uint64_t base_sequence, std::uint64_t log_bytes, std::uint32_t boot) {
  reserve_space(log_bytes);
  IndexHeader& header = index();
  header.log_bytes = log_bytes;
  header.index_bytes = index_bytes_for(log_bytes);
  header.buckets = buckets_for(log_bytes);
  for (auto& first : header.head) first.store(0, std::memory_order_relaxed);
  for (auto& word : header.filter) word.store(0, std::memory_order_relaxed);
  std::memset(index_map_ + sizeof(IndexHeader), 0, header.buckets * sizeof(Bucket));
  header.log_tail.store(log_data_begin, std::memory_order_relaxed);
  header.node_tail.store(nodes_begin(log_bytes), std::memory_order_relaxed);
  header.settled_nodes.store(nodes_begin(log_bytes), std::memory_order_relaxed);
  header.open_begin.store(0, std::memory_order_relaxed);
  header.base_sequence.store(base_sequence, std::memory_order_relaxed);
  header.sealed_end.store(not_sealed, std::memory_order_release);
  const LogHeader log_header = make_log_header(base_sequence, boot);
  std::memcpy(log_map_, &log_header, sizeof(log_header));
  mark_files(0);
}

void Segment::mark_files(std::uint64_t sequence) const noexcept {
  auto* mark = reinterpret_cast<std::uint64_t*>(log_map_ + files_mark_at);
  std::atomic_ref(*mark).store(files_mark(sequence), std::memory_order_release);
}

int Segment::sync() const { return io_.fdatasync(log_file_.fd()); }

void Segment::unmap_pages() const noexcept { ::madvise(log_map_, log_max_bytes, MADV_DONTNEED); }

std::uint64_t Segment::entry_end(std::uint64_t offset) const noexcept {
  const LogEntry entry = entry_at(offset);
  return offset + entry_bytes(entry.key.size(), entry.value.size());
}

bool Segment::is_below(const Node& node, const SearchKey& key) const noexcept {
  for (std::size_t i = 0; i < std::size(key.head.words); ++i) {
    if (node.head.words[i] != key.head.words[i]) return node.head.words[i] < key.head.words[i];
  }
  return compare(entry_at(std::uint64_t{node.entry} * 8).key, key.key) < 0;
}

Node* Segment::predecessor(Node* from, const SearchKey& key, std::uint32_t level) const noexcept {
  Node* at = from;
  for (;;) {
    const std::uint32_t next = link(at, level).load(std::memory_order_acquire);
    if (next == 0) return at;
    Node* candidate = node(next);
    if (!is_below(*candidate, key)) return at;
    at = candidate;
  }
}

Node* Segment::predecessor(const SearchKey& key) const noexcept {
  Node* at = nullptr;
  for (std::uint32_t level = max_height; level-- > 0;) at = predecessor(at, key, level);
  return at;
}

void Segment::fill_path(const SearchKey& key, Node** path) const noexcept {
  Node* at = nullptr;
  for (std::uint32_t level = max_height; level-- > 0;) {
    at = predecessor(at, key, level);
    path[level] = at;
  }
}

std::optional<LogEntry> Segment::visible(std::uint32_t from, std::uint64_t limit) const noexcept {
  for (std::uint32_t at = from; at != 0; at = node(at)->next[0].load(std::memory_order_acquire)) {
    const std::uint64_t offset = std::uint64_t{node(at)->entry} * 8;
    if (offset < limit) return entry_at(offset);
  }
  return std::nullopt;
}

std::optional<LogEntry> Segment::find(BytesView key, std::uint64_t hash,
                                      std::uint64_t limit) const noexcept {
  const std::uint64_t bit = filter_bit(hash);
  const std::uint64_t word = index().filter[bit / 64].load(std::memory_order_relaxed);
  if (((word >> (bit % 64)) & 1U) == 0) return std::nullopt;
  const std::uint32_t half = high_half(hash);
  for (std::uint32_t at = bucket(half).load(std::memory_order_acquire); at != 0;
       at = node(at)->older.load(std::memory_order_acquire)) {
    const Node& found = *node(at);
    const std::uint64_t offset = std::uint64_t{found.entry} * 8;
    if (found.hash != half || offset >= limit) continue;
    const LogEntry entry = entry_at(offset);
    if (equal(entry.key, key)) return entry;
  }
  return std::nullopt;
}

std::optional<LogEntry> Segment::at_or_after(BytesView key, std::uint64_t limit) const noexcept {
  Node* before = predecessor(SearchKey(key));
  return visible(link(before, 0).load(std::memory_order_acquire), limit);
}

std::optional<LogEntry> Segment::after(BytesView key, std::uint64_t limit) const noexcept {
  // The smallest key above `key` is `key` with a zero byte behind it.
  std::byte buffer[512];
  std::memcpy(buffer, key.data(), key.size());
  buffer[key.size()] = std::byte{0};
  return at_or_after(BytesView(buffer, key.size() + 1), limit);
}

std::optional<LogEntry> Segment::before(std::optional<BytesView> key,
                                        std::uint64_t limit) const noexcept {
  Node* at = nullptr;
  if (key) {
    at = predecessor(SearchKey(*key));
  } else {
    for (std::uint32_t level = max_height; level-- > 0;) {
      while (const std::uint32_t next = link(at, level).load(std::memory_order_acquire)) {
        at = node(next);
      }
    }
  }
  while (at != nullptr) {
    const BytesView found = entry_at(std::uint64_t{at->entry} * 8).key;
    const std::optional<LogEntry> entry = at_or_after(found, limit);
    if (entry && equal(entry->key, found)) return entry;
    at = predecessor(SearchKey(found));
  }
  return std::nullopt;
}

std::uint64_t Segment::sealed_end() const noexcept {
  return index().sealed_end.load(std::memory_order_acquire);
}

std::uint64_t Segment::last_sequence(std::uint64_t end) const noexcept {
  LogHeader header;
  std::memcpy(&header, log_map_, sizeof(header));
  std::uint64_t last = header.base_sequence - 1;
  for (std::uint64_t at = log_data_begin; at < end;) {
    TxnHeader txn;
    std::memcpy(&txn, log_map_ + at, sizeof(txn));
    if (txn.outcome != TxnOutcome::abandoned) last = txn.sequence;
    at += txn.bytes;
  }
  return last;
}

bool Segment::has_room(std::size_t key_bytes, std::size_t value_bytes,
                       std::uint64_t spare) const noexcept {
  const IndexHeader& header = index();
  const std::uint64_t tail = header.log_tail.load(std::memory_order_relaxed);
  const std::uint64_t nodes = header.node_tail.load(std::memory_order_relaxed);
  return tail + sizeof(TxnHeader) + entry_bytes(key_bytes, value_bytes) + spare <=
             header.log_bytes &&
         nodes + node_bytes(max_height) + spare <= header.index_bytes;
}

std::uint64_t Segment::open_bytes() const noexcept {
  const std::uint64_t begin = index().open_begin.load(std::memory_order_relaxed);
  return begin == 0 ? 0 : index().log_tail.load(std::memory_order_relaxed) - begin;
}

void Segment::store(std::uint64_t offset, BytesView data) {
  if (!data.empty()) std::memcpy(log_map_ + offset, data.data(), data.size());
}

std::uint64_t Segment::append(const LogEntry& entry) {
  IndexHeader& header = index();
  std::uint64_t offset = header.log_tail.load(std::memory_order_relaxed);
  if (header.open_begin.load(std::memory_order_relaxed) == 0) {
    // What stands here from an earlier use must not pass for a header.
    std::memset(log_map_ + offset, 0, sizeof(TxnHeader));
    header.open_begin.store(offset, std::memory_order_release);
    offset += sizeof(TxnHeader);
  }
  const EntryHeader entry_header{.key_bytes = static_cast<std::uint32_t>(entry.key.size()),
                                 .value_bytes = static_cast<std::uint32_t>(entry.value.size()),
                                 .kind = entry.erased ? EntryKind::erase : EntryKind::put,
                                 .reserved = 0};
  const std::uint64_t key_at = offset + sizeof(entry_header);
  const std::uint64_t used = key_at + entry.key.size() + entry.value.size();
  const std::uint64_t end = offset + entry_bytes(entry.key.size(), entry.value.size());
  store(offset, std::as_bytes(std::span(&entry_header, 1)));
  store(key_at, entry.key);
  store(key_at + entry.key.size(), entry.value);
  std::memset(log_map_ + used, 0, end - used);
  // Who takes over from a killed writer sees by the tails how far it came: they move before links
  // do.
  header.log_tail.store(end, std::memory_order_release);
  return offset;
}

void Segment::link_node(const SearchKey& key, std::uint64_t hash, std::uint64_t entry,
                        Random& random) {
  IndexHeader& header = index();
  std::uint32_t height = 1;
  for (std::uint64_t bits = random(); height < max_height && (bits & 3U) == 0; bits >>= 2U)
    ++height;
  const std::uint64_t place = header.node_tail.load(std::memory_order_relaxed);
  Node* fresh = reinterpret_cast<Node*>(index_map_ + place);
  fresh->entry = static_cast<std::uint32_t>(entry / 8);
  fresh->height = height;
  fresh->head = key.head;
  fresh->hash = high_half(hash);
  Bucket& chain = bucket(fresh->hash);
  fresh->older.store(chain.load(std::memory_order_relaxed), std::memory_order_relaxed);
  Node* path[max_height];
  fill_path(key, path);
  for (std::uint32_t level = 0; level < height; ++level) {
    fresh->next[level].store(link(path[level], level).load(std::memory_order_relaxed),
                             std::memory_order_relaxed);
  }
  header.node_tail.store(place + node_bytes(height), std::memory_order_release);
  const auto reference = static_cast<std::uint32_t>(place / 4);
  for (std::uint32_t level = 0; level < height; ++level) {
    link(path[level], level).store(reference, std::memory_order_release);
  }
  chain.store(reference, std::memory_order_release);
}

std::uint64_t Segment::add(const LogEntry& entry, Random& random) {
  const std::uint64_t hash = key_hash(entry.key);
  const std::uint64_t offset = append(entry);
  link_entry(entry.key, hash, offset, random);
  return hash;
}

void Segment::link_entry(BytesView key, std::uint64_t hash, std::uint64_t offset, Random& random) {
  link_node(SearchKey(key), hash, offset, random);
  const std::uint64_t bit = filter_bit(hash);
  auto& word = index().filter[bit / 64];
  word.store(word.load(std::memory_order_relaxed) | (std::uint64_t{1} << (bit % 64)),
             std::memory_order_relaxed);
}

void Segment::close_transaction(std::uint64_t sequence, TxnOutcome outcome) {
  const std::uint64_t begin = index().open_begin.load(std::memory_order_relaxed);
  const std::uint64_t end = index().log_tail.load(std::memory_order_relaxed);
  const std::uint64_t entries_at = begin + sizeof(TxnHeader);
  const TxnHeader header =
      make_txn_header(sequence, outcome, BytesView(log_map_ + entries_at, end - entries_at));
  std::memcpy(log_map_ + begin, &header, sizeof(header));
}

std::uint64_t Segment::commit(std::uint64_t sequence, TxnOutcome outcome) {
  close_transaction(sequence, outcome);
  return index().log_tail.load(std::memory_order_relaxed);
}

void Segment::settle() noexcept {
  IndexHeader& header = index();
  header.settled_nodes.store(header.node_tail.load(std::memory_order_relaxed),
                             std::memory_order_relaxed);
  header.open_begin.store(0, std::memory_order_release);
}

void Segment::abandon() {
  IndexHeader& header = index();
  const std::uint64_t begin = header.open_begin.load(std::memory_order_relaxed);
  if (begin == 0) return;
  unlink(header.settled_nodes.load(std::memory_order_relaxed),
         header.node_tail.load(std::memory_order_relaxed));
  // A writer that died at once may have come no further than to announce the transaction.
  if (header.log_tail.load(std::memory_order_relaxed) > begin) {
    close_transaction(0, TxnOutcome::abandoned);
  }
  settle();
}

bool Segment::repair(std::uint64_t committed) {
  const std::uint64_t begin = index().open_begin.load(std::memory_order_acquire);
  if (begin == 0) return false;
  if (committed > begin) {
    settle();
  } else {
    abandon();
  }
  return true;
}

void Segment::unlink(std::uint64_t begin, std::uint64_t end) noexcept {
  for (std::uint64_t place = begin; place < end;) {
    const Node* gone = reinterpret_cast<const Node*>(index_map_ + place);
    unlink_node(gone, static_cast<std::uint32_t>(place / 4));
    unchain(gone, static_cast<std::uint32_t>(place / 4));
    place += node_bytes(gone->height);
  }
}

void Segment::unlink_node(const Node* gone, std::uint32_t reference) noexcept {
  const BytesView key = entry_at(std::uint64_t{gone->entry} * 8).key;
  Node* path[max_height];
  fill_path(SearchKey(key), path);
  for (std::uint32_t level = 0; level < gone->height; ++level) {
    // Nodes of one key are newest first: later ones of the same transaction may stand before it.
    Node* at = path[level];
    for (;;) {
      const std::uint32_t next = link(at, level).load(std::memory_order_relaxed);
      if (next == reference) {
        link(at, level).store(gone->next[level].load(std::memory_order_relaxed),
                              std::memory_order_release);
        break;
      }
      if (next == 0) break;
      Node* candidate = node(next);
      if (candidate->entry <= gone->entry ||
          !equal(entry_at(std::uint64_t{candidate->entry} * 8).key, key)) {
        break;  // the writer died before it came to this level
      }
      at = candidate;
    }
  }
}

void Segment::unchain(const Node* gone, std::uint32_t reference) noexcept {
  Bucket* link = &bucket(gone->hash);
  // A node older than this one means that the writer died before it came here.
  for (std::uint32_t at = link->load(std::memory_order_relaxed); at >= reference;
       at = link->load(std::memory_order_relaxed)) {
    if (at == reference) {
      link->store(gone->older.load(std::memory_order_relaxed), std::memory_order_release);
      return;
    }
    link = &node(at)->older;
  }
}

void Segment::seal(std::uint64_t end) noexcept {
  index().sealed_end.store(end, std::memory_order_release);
}

}  // namespace larder::lmdb
