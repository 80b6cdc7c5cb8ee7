// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cache/record.h"
#include "cache/state.h"
#include "larder/core/function_ref.h"

namespace larder::detail {

/// Holds every record against its value, its file and the indexes, the indexes against the records,
/// and all of them against the counters, as one transaction sees them. Notes what is wrong, and
/// what would put it right.
///
/// Not thread-safe.
class Inspection {
 public:
  using Progress = FunctionRef<void(std::uint64_t done, std::uint64_t total)>;

  Inspection(const CacheCore::State& state, ReadTxn& txn);

  /// Names of files that were read and found whole before: not read again.
  void trust(std::set<std::uint64_t> files) { trusted_ = std::move(files); }
  /// Names of files that were there before the transaction began.
  void expect_files(std::set<std::uint64_t> files) { unnamed_ = std::move(files); }

  void run(Progress progress);

  /// One line for each thing that is wrong.
  std::vector<std::string> problems;
  std::uint64_t entries = 0;  ///< Records looked at.
  std::uint64_t bytes = 0;    ///< What they count for.
  std::uint64_t damaged = 0;  ///< Of these, records whose value is lost.

  /// Makes it right.
  /// `txn` must be the transaction that was looked at.
  void mend(WriteTxn& txn);

  /// Names of files that no record names, of those that were expected.
  [[nodiscard]] const std::set<std::uint64_t>& unnamed() const noexcept { return unnamed_; }
  /// Names of the files that were read and found whole.
  [[nodiscard]] std::set<std::uint64_t> take_trusted() { return std::move(trusted_); }

 private:
  struct Link {
    Bytes at;
    Bytes key;
  };

  void problem(const std::string& text) { problems.push_back(text); }
  void problem(BytesView key, const std::string& text);
  void check_records(Progress progress);
  /// Returns whether it counts: what was cleared does not.
  bool check_record(BytesView key, BytesView engine_key, BytesView stored);
  void check_value(const Record& record);
  void check_links(BytesView key, const Record& record);
  /// Whether another entry has the sequence number of `record`, or none can follow it.
  [[nodiscard]] bool is_number_taken(BytesView key, const Record& record);
  /// Gives the entry a number of its own.
  void renumber(WriteTxn& txn, BytesView key);
  void lose(BytesView engine_key, const std::optional<Record>& record);
  void expect_link(const EngineKey& at, BytesView key, const char* index);
  void check_index(Space space, const char* index,
                   FunctionRef<bool(BytesView index_key, const Record& record)> agrees);
  [[nodiscard]] bool agrees_with_order(BytesView at, const Record& record) const;
  [[nodiscard]] bool agrees_with_expiry(BytesView at, const Record& record) const;
  [[nodiscard]] bool agrees_with_tags(BytesView at, const Record& record) const;
  void check_counters();

  const CacheCore::State& state_;
  const Layout& layout_;
  ReadTxn& txn_;
  Meta meta_;
  Meta right_;  // what the record of settings and counters should be
  bool is_meta_lost_ = false;
  std::vector<Bytes> superfluous_;  // engine keys
  std::vector<Link> missing_;
  std::vector<Bytes> renumbered_;          // keys
  std::set<std::uint64_t> given_numbers_;  // those of entries that the insertion order lacks
  std::vector<std::uint64_t> lost_files_;  // named by records that go
  std::set<Bytes, BytesLess> lost_;        // engine keys of these records
  std::set<std::uint64_t> trusted_;
  std::set<std::uint64_t> unnamed_;
};

/// The value files that nobody is just making.
[[nodiscard]] std::set<std::uint64_t> settled_files(FileStore& files);

}  // namespace larder::detail
