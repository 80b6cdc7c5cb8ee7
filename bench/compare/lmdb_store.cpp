// SPDX-License-Identifier: Apache-2.0
#include <lmdb.h>

#include <array>
#include <cstring>
#include <stdexcept>

#include "compare/store.h"

namespace larder::bench {
namespace {

constexpr std::size_t map_bytes = std::size_t{16} << 30U;

void check(int code, const char* what) {
  if (code != MDB_SUCCESS) {
    throw std::runtime_error(std::string("lmdb: ") + what + ": " + mdb_strerror(code));
  }
}

template <typename T>
MDB_val value_of(T& object) {
  return {sizeof object, &object};
}

MDB_val value_of(const std::string& text) { return {text.size(), const_cast<char*>(text.data())}; }

/// Aborts unless it was committed.
class Transaction {
 public:
  explicit Transaction(MDB_env* env) { check(mdb_txn_begin(env, nullptr, 0, &txn_), "begin"); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (txn_ != nullptr) mdb_txn_abort(txn_);
  }
  [[nodiscard]] MDB_txn* get() const { return txn_; }
  void commit() {
    MDB_txn* txn = txn_;
    txn_ = nullptr;
    check(mdb_txn_commit(txn), "commit");
  }

 private:
  MDB_txn* txn_ = nullptr;
};

/// A record is a sequence number, big-endian as the order table sorts by it, and the value.
using Sequence = std::array<unsigned char, 8>;

Sequence to_sequence(std::uint64_t number) {
  Sequence bytes{};
  for (std::size_t i = bytes.size(); i-- > 0; number >>= 8U) {
    bytes[i] = static_cast<unsigned char>(number & 0xFFU);
  }
  return bytes;
}

struct Counters {
  std::uint64_t next_sequence = 1;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

class LmdbStore final : public Store {
 public:
  LmdbStore(const std::filesystem::path& folder, unsigned flags) {
    check(mdb_env_create(&env_), "create");
    check(mdb_env_set_mapsize(env_, map_bytes), "set the size of the map");
    check(mdb_env_set_maxdbs(env_, 3), "set the number of tables");
    check(mdb_env_open(env_, folder.c_str(), flags, 0600), "open");
    Transaction txn(env_);
    check(mdb_dbi_open(txn.get(), "records", MDB_CREATE, &records_), "open a table");
    check(mdb_dbi_open(txn.get(), "order", MDB_CREATE, &order_), "open a table");
    check(mdb_dbi_open(txn.get(), "counters", MDB_CREATE, &counters_), "open a table");
    txn.commit();
  }
  LmdbStore(const LmdbStore&) = delete;
  LmdbStore& operator=(const LmdbStore&) = delete;
  ~LmdbStore() override {
    if (reader_ != nullptr) mdb_txn_abort(reader_);
    mdb_env_close(env_);
  }

  void put(const std::string& key, const Bytes& value) override {
    Transaction txn(env_);
    Counters counters = read_counters(txn.get());
    MDB_val k = value_of(key);
    MDB_val old{};
    Sequence sequence{};
    const int code = mdb_get(txn.get(), records_, &k, &old);
    if (code == MDB_NOTFOUND) {
      sequence = to_sequence(counters.next_sequence++);
      ++counters.entries;
      MDB_val place = value_of(sequence);
      check(mdb_put(txn.get(), order_, &place, &k, MDB_APPEND), "write the order");
    } else {
      check(code, "read");
      std::memcpy(sequence.data(), old.mv_data, sequence.size());
      counters.bytes -= old.mv_size - sequence.size();
    }
    counters.bytes += value.size();
    MDB_val record{sequence.size() + value.size(), nullptr};
    check(mdb_put(txn.get(), records_, &k, &record, MDB_RESERVE), "write");
    auto* to = static_cast<unsigned char*>(record.mv_data);
    std::memcpy(to, sequence.data(), sequence.size());
    std::memcpy(to + sequence.size(), value.data(), value.size());
    write_counters(txn.get(), counters);
    txn.commit();
  }

  std::optional<Bytes> get(const std::string& key) override {
    if (reader_ == nullptr) {
      check(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &reader_), "begin");
    } else {
      check(mdb_txn_renew(reader_), "renew");
    }
    MDB_val k = value_of(key);
    MDB_val record{};
    const int code = mdb_get(reader_, records_, &k, &record);
    std::optional<Bytes> value;
    if (code == MDB_SUCCESS) {
      const auto* from = static_cast<const std::byte*>(record.mv_data);
      value.emplace(from + sizeof(Sequence), from + record.mv_size);
    }
    mdb_txn_reset(reader_);
    if (code != MDB_NOTFOUND) check(code, "read");
    return value;
  }

  bool erase(const std::string& key) override {
    Transaction txn(env_);
    MDB_val k = value_of(key);
    MDB_val old{};
    const int code = mdb_get(txn.get(), records_, &k, &old);
    if (code == MDB_NOTFOUND) return false;
    check(code, "read");
    Counters counters = read_counters(txn.get());
    Sequence sequence{};
    std::memcpy(sequence.data(), old.mv_data, sequence.size());
    --counters.entries;
    counters.bytes -= old.mv_size - sequence.size();
    MDB_val place = value_of(sequence);
    check(mdb_del(txn.get(), records_, &k, nullptr), "erase");
    check(mdb_del(txn.get(), order_, &place, nullptr), "erase from the order");
    write_counters(txn.get(), counters);
    txn.commit();
    return true;
  }

  void flush() override { check(mdb_env_sync(env_, 1), "sync"); }

 private:
  Counters read_counters(MDB_txn* txn) const {
    Counters counters;
    MDB_val k = counters_key();
    MDB_val v{};
    const int code = mdb_get(txn, counters_, &k, &v);
    if (code == MDB_NOTFOUND) return counters;
    check(code, "read the counters");
    std::memcpy(&counters, v.mv_data, sizeof counters);
    return counters;
  }

  void write_counters(MDB_txn* txn, Counters counters) const {
    MDB_val k = counters_key();
    MDB_val v = value_of(counters);
    check(mdb_put(txn, counters_, &k, &v, 0), "write the counters");
  }

  static MDB_val counters_key() {
    static char name = 'c';
    return {1, &name};
  }

  MDB_env* env_ = nullptr;
  MDB_dbi records_ = 0;
  MDB_dbi order_ = 0;
  MDB_dbi counters_ = 0;
  MDB_txn* reader_ = nullptr;
};

}  // namespace

std::unique_ptr<Store> open_raw_lmdb(const std::filesystem::path& folder, Lmdb mode) {
  const unsigned flags = mode == Lmdb::writable_map ? MDB_NOSYNC | MDB_WRITEMAP
                         : mode == Lmdb::no_sync    ? MDB_NOSYNC
                                                    : MDB_NOMETASYNC;
  return std::make_unique<LmdbStore>(folder, flags);
}

}  // namespace larder::bench
