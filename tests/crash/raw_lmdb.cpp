// SPDX-License-Identifier: Apache-2.0
#include "crash/raw_lmdb.h"

#include <lmdb.h>

#include <filesystem>
#include <stdexcept>
#include <utility>

namespace larder::test {

namespace {

void check(int code) {
  if (code != MDB_SUCCESS) throw std::runtime_error(mdb_strerror(code));
}

MDB_val to_val(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }

class RawLmdb final : public Subject {
 public:
  RawLmdb(const std::filesystem::path& directory, unsigned flags) {
    std::filesystem::create_directories(directory);
    check(mdb_env_create(&env_));
    check(mdb_env_set_mapsize(env_, std::size_t{256} << 20U));
    check(mdb_env_set_maxreaders(env_, 1000));
    check(mdb_env_open(env_, directory.c_str(), flags | MDB_NOTLS, 0600));
    int dead = 0;
    check(mdb_reader_check(env_, &dead));
    transact([&] { check(mdb_dbi_open(own_, nullptr, 0, &table_)); });
  }
  ~RawLmdb() override { mdb_env_close(env_); }

  [[nodiscard]] std::optional<std::string> get(std::string_view key) override {
    MDB_txn* txn = own_;
    if (own_ == nullptr) check(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn));
    std::optional<std::string> found;
    MDB_val k = to_val(key);
    MDB_val v;
    if (mdb_get(txn, table_, &k, &v) == MDB_SUCCESS) {
      found.emplace(static_cast<const char*>(v.mv_data), v.mv_size);
    }
    if (own_ == nullptr) mdb_txn_abort(txn);
    return found;
  }
  void put(std::string_view key, std::string_view value) override {
    const auto body = [&] {
      MDB_val k = to_val(key);
      MDB_val v = to_val(value);
      check(mdb_put(own_, table_, &k, &v, 0));
    };
    own_ != nullptr ? body() : transact(body);
  }
  bool erase(std::string_view key) override {
    bool is_erased = false;
    const auto body = [&] {
      MDB_val k = to_val(key);
      is_erased = mdb_del(own_, table_, &k, nullptr) == MDB_SUCCESS;
    };
    own_ != nullptr ? body() : transact(body);
    return is_erased;
  }
  void transact(FunctionRef<void()> body) override {
    MDB_txn* txn = nullptr;
    check(mdb_txn_begin(env_, nullptr, 0, &txn));
    own_ = txn;
    try {
      body();
    } catch (...) {
      own_ = nullptr;
      mdb_txn_abort(txn);
      throw;
    }
    own_ = nullptr;
    check(mdb_txn_commit(txn));
  }
  [[nodiscard]] Entries all() override {
    Entries found;
    MDB_txn* txn = nullptr;
    MDB_cursor* cursor = nullptr;
    check(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn));
    check(mdb_cursor_open(txn, table_, &cursor));
    MDB_val k;
    MDB_val v;
    while (mdb_cursor_get(cursor, &k, &v, MDB_NEXT) == MDB_SUCCESS) {
      found.emplace_back(std::string(static_cast<const char*>(k.mv_data), k.mv_size),
                         std::string(static_cast<const char*>(v.mv_data), v.mv_size));
    }
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    return found;
  }
  void sync() override { check(mdb_env_sync(env_, 1)); }

 private:
  MDB_env* env_ = nullptr;
  MDB_dbi table_ = 0;
  static thread_local MDB_txn* own_;  // the transaction of the closure that runs in this thread
};

thread_local MDB_txn* RawLmdb::own_ = nullptr;

}  // namespace

OpenSubject raw_lmdb(unsigned flags) {
  return [flags](const EngineSettings& settings) -> std::unique_ptr<Subject> {
    return std::make_unique<RawLmdb>(settings.directory, flags);
  };
}

}  // namespace larder::test
