// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "larder/cache/load_options.h"
#include "larder/core/bytes.h"
#include "larder/core/function_ref.h"
#include "larder/key/key.h"
#include "larder/key/key_prefix.h"
#include "larder/memo/memoize_stats.h"
#include "larder/memo/memory.h"

namespace larder::detail {

/// A result of any type.
using ResultObject = std::shared_ptr<const void>;

/// How results of one type go to an archive and come back; null: they cannot.
struct ResultType {
  Bytes (*encode)(const void* result) = nullptr;
  ResultObject (*decode)(BytesView bytes) = nullptr;
};

/// What computing came to.
struct Computed {
  ResultObject object;
  bool is_kept = true;
};

/// A call that may have to be computed.
struct ResultCall {
  /// Computes in the calling thread.
  FunctionRef<Computed()> run;
  /// The same, with all it needs, to run elsewhere later; empty: it cannot.
  FunctionRef<std::function<Computed()>()> detach;
};

/// The results of one memoized function in the memory of this process, whatever their type. Hits
/// do not hold each other up; what changes something comes one at a time.
///
/// Thread-safe. In the child of a fork it starts empty.
class ResultTable : public std::enable_shared_from_this<ResultTable> {
 public:
  struct Settings {
    MemoryOptions options;
    MemoryHooks hooks;
    LoadOptions load;
    std::optional<Duration> remember_errors_for;
    ResultType type;
    std::optional<KeyPrefix> keys;  ///< Of all results; known if they may go to an archive.
  };
  /// Called with a result while it cannot go: must neither call a function of the table nor code
  /// of its user.
  using Seen = FunctionRef<void(const ResultObject& result)>;

  /// @throws Error `invalid_argument` for settings that a memory cannot follow
  explicit ResultTable(Settings settings);
  ResultTable(const ResultTable&) = delete;
  ResultTable& operator=(const ResultTable&) = delete;
  ~ResultTable();

  /// Shows the result of `key`, which is computed if need be: once for all who want it.
  void get_or_compute(const Key& key, const ResultCall& call, Seen seen);

  /// Shows the result of `key` if there is one. Does not count.
  bool find(const Key& key, Seen seen);

  /// Keeps `result`, which took `load_time` to compute.
  void put(const Key& key, ResultObject result, Duration load_time = Duration::zero());

  /// Removes the result of `key`, also from the archive. Returns whether it was in the memory.
  bool erase(const Key& key);

  /// Removes all results from the memory; the archive keeps its own.
  void clear();

  /// Copies all results, or that of `key`, to the archive. Returns how many.
  std::uint64_t dump();
  bool dump(const Key& key);

  /// Brings the result of `key` from the archive. Returns whether it was there.
  bool load(const Key& key);
  /// Brings as many results from the archive as there is room for. Returns how many.
  std::uint64_t load();

  /// Puts another archive, or none, in the place of the present one, which it returns. The results
  /// in memory stay.
  /// @throws Error `invalid_argument` if keys do not tell the function from others
  std::shared_ptr<ResultArchive> set_archive(std::shared_ptr<ResultArchive> archive);

  [[nodiscard]] MemoizeStats stats() const;
  void reset_stats();

  [[nodiscard]] const Clock& clock() const noexcept;

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace larder::detail
