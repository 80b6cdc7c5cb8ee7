// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "larder/core/bytes.h"
#include "larder/core/function_ref.h"

namespace larder {

/// A range of keys: from `begin` on, up to but without `end`.
struct KeyRange {
  Bytes begin = {};  ///< First key of the range; empty means the first of all.
  std::optional<Bytes> end = std::nullopt;  ///< First key behind the range; unset means no bound.

  /// All keys that start with `prefix`.
  [[nodiscard]] static KeyRange prefix(BytesView prefix);
};

/// Which way `ReadTxn::scan()` walks.
enum class Direction { forward, backward };

/// Whether a visit goes on.
enum class Visit { more, stop };

/// The engine as one moment saw it. Every view it hands out is valid until the closure that got the
/// transaction returns, or, in an update, until the next change made through it.
///
/// Not thread-safe: it belongs to the closure's thread.
class ReadTxn {
 public:
  ReadTxn(const ReadTxn&) = delete;
  ReadTxn& operator=(const ReadTxn&) = delete;

  /// The value of `key`, or nothing. Keys may have any length but zero.
  [[nodiscard]] std::optional<BytesView> get(BytesView key) { return do_get(key); }

  /// Visits the keys of `range` in byte order, or backwards, until the visitor says stop. In an
  /// update the visitor must not change anything: collect first, change after. Keys above 480 bytes
  /// that share their first 480 are visited once each, but in no particular order among themselves.
  void scan(const KeyRange& range, Direction direction,
            FunctionRef<Visit(BytesView key, BytesView value)> visit) {
    do_scan(range, direction, visit);
  }

 protected:
  ReadTxn() = default;
  ~ReadTxn() = default;

 private:
  virtual std::optional<BytesView> do_get(BytesView key) = 0;
  virtual void do_scan(const KeyRange& range, Direction direction,
                       FunctionRef<Visit(BytesView key, BytesView value)> visit) = 0;
};

/// How an update ended.
enum class UpdateEnd {
  committed,  ///< Its changes are visible; with `Durability::durable` the device was waited for.
  undone,     ///< It changed nothing.
};

/// A `ReadTxn` that can change the engine. It sees its own changes.
class WriteTxn : public ReadTxn {
 public:
  /// Stores `value` under `key`, replacing any earlier value. The arguments may be views that this
  /// transaction handed out.
  void put(BytesView key, BytesView value) { do_put(key, value); }

  /// Removes `key`. Returns whether it had a value.
  bool erase(BytesView key) { return do_erase(key); }

  /// Removes every key of `range`. Returns how many there were.
  std::uint64_t erase_range(const KeyRange& range) { return do_erase_range(range); }

  /// Calls `hook` once when the outermost update has ended, in this thread, outside of the
  /// transaction; hooks run in the order they came. What a hook throws is dropped. If the process
  /// dies first, no hook runs.
  void at_end(std::function<void(UpdateEnd)> hook) { do_at_end(std::move(hook)); }

  /// Calls `hook` once when the outermost update is committed and would survive a power cut: with
  /// `durable` before it returns, with `consistent` a little later in another thread, with
  /// `disposable`, which promises nothing, before it returns. It must not update or sync the
  /// engine. What it throws is dropped. If the process dies first, it does not run.
  void when_durable(std::function<void()> hook) { do_when_durable(std::move(hook)); }

  /// The update is about the file `path`, relative to `EnginePlace::directory`, which is complete:
  /// it reaches the device before the update does. After a power cut that took the file, neither
  /// this update nor a later one has happened.
  void needs_file(std::string path) { do_needs_file(std::move(path)); }

 protected:
  WriteTxn() = default;
  ~WriteTxn() = default;

 private:
  virtual void do_put(BytesView key, BytesView value) = 0;
  virtual bool do_erase(BytesView key) = 0;
  virtual std::uint64_t do_erase_range(const KeyRange& range) = 0;
  virtual void do_at_end(std::function<void(UpdateEnd)> hook) = 0;
  virtual void do_when_durable(std::function<void()> hook) = 0;
  virtual void do_needs_file(std::string path) = 0;
};

}  // namespace larder
