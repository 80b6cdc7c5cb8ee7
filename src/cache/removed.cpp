// SPDX-License-Identifier: Apache-2.0
#include "cache/removed.h"

#include <exception>
#include <string>
#include <utility>

#include "cache/record.h"

namespace larder::detail {

namespace {

void call(const RemovalHook& hook, const LogSink& log, const Removed& removed) {
  std::string what = "no standard exception";
  try {
    hook(Key::from_bytes(removed.key), removed.cause);
    return;
  } catch (const std::exception& failure) {
    what = failure.what();
  } catch (...) {  // NOLINT(bugprone-empty-catch): reported below.
  }
  if (!log) return;
  log(LogLevel::error,
      "cache: the removal hook failed for " + describe_key(removed.key) + ": " + what);
}

}  // namespace

void announce_at_end(WriteTxn& txn, const CacheHooks& hooks, std::vector<Removed> removed) {
  txn.at_end(
      [hook = hooks.on_remove, log = hooks.log, removed = std::move(removed)](UpdateEnd end) {
        if (end != UpdateEnd::committed) return;
        for (const Removed& one : removed) call(hook, log, one);
      });
}

}  // namespace larder::detail
