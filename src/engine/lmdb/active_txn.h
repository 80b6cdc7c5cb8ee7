// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "larder/engine/txn.h"

namespace larder::lmdb {

class LogWriteTxn;

/// The transactions that run on this thread, innermost first, so that nested ones can join.
class ActiveTxn {
 public:
  ActiveTxn(const void* engine, ReadTxn& reader, LogWriteTxn* writer) noexcept
      : engine_(engine), reader_(reader), writer_(writer), outer_(innermost()) {
    innermost() = this;
  }
  ActiveTxn(const ActiveTxn&) = delete;
  ActiveTxn& operator=(const ActiveTxn&) = delete;
  ~ActiveTxn() { innermost() = outer_; }

  /// The transaction of `engine` that runs on this thread, or null.
  [[nodiscard]] static ActiveTxn* find(const void* engine) noexcept {
    ActiveTxn* at = innermost();
    while (at != nullptr && at->engine_ != engine) at = at->outer_;
    return at;
  }
  [[nodiscard]] ReadTxn& reader() const noexcept { return reader_; }
  /// Null in a view.
  [[nodiscard]] LogWriteTxn* writer() const noexcept { return writer_; }

 private:
  static ActiveTxn*& innermost() noexcept {
    static thread_local ActiveTxn* top = nullptr;
    return top;
  }

  const void* engine_;
  ReadTxn& reader_;
  LogWriteTxn* writer_;
  ActiveTxn* outer_;
};

}  // namespace larder::lmdb
