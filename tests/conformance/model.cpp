// SPDX-License-Identifier: Apache-2.0
#include "conformance/model.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <ostream>
#include <stdexcept>

#include "larder/core/error.h"
#include "support/settings.h"
#include "support/temp_dir.h"

namespace larder::test {

namespace {

using Model = std::map<std::string, std::string>;

constexpr int key_count = 40;

/// A small set of keys, so that histories meet the same key often. Some share beginnings that are
/// longer than what an engine may compare at once.
std::string key_of(int number) {
  const std::string tail(1, static_cast<char>('a' + number % 10));
  if (number < 10) return tail;
  if (number < 20) return "p" + tail + std::string("\xff\x00", 2);
  if (number < 30) return std::string(479, 'p') + tail;
  return std::string(1000, 'p') + tail;
}

enum class OperationKind { put, put_big, erase, erase_range, get, scan_forward, scan_backward };

struct Operation {
  int kind = 0;
  int key = 0;
  int other = 0;  // the end of a range; the value

  [[nodiscard]] KeyRange range() const { return between(key_of(key), key_of(other)); }
  [[nodiscard]] std::string value() const {
    const bool is_big = OperationKind(kind) == OperationKind::put_big;
    return std::string(static_cast<std::size_t>(is_big ? other * 1000 : other), 'v') +
           std::to_string(key);
  }
};

std::ostream& operator<<(std::ostream& out, const Operation& operation) {
  constexpr const char* names[] = {"put", "put_big", "erase",        "erase_range",
                                   "get", "scan",    "scan_backward"};
  return out << names[operation.kind] << '(' << operation.key << ", " << operation.other << ')';
}

enum class Ending { commit, roll_back, nest, nest_and_fail, nest_and_swallow };

struct Transaction {
  std::vector<Operation> operations;
  int ending = 0;
  bool is_by_second_handle = false;
  bool is_reopened_after = false;
};

std::ostream& operator<<(std::ostream& out, const Transaction& transaction) {
  constexpr const char* names[] = {"commit", "roll back", "nest", "nest and fail",
                                   "nest and swallow"};
  out << names[transaction.ending] << (transaction.is_by_second_handle ? " (second handle)" : "")
      << (transaction.is_reopened_after ? " (then reopen)" : "") << ':';
  for (const Operation& operation : transaction.operations) out << ' ' << operation;
  return out;
}

rc::Gen<Operation> any_operation() {
  return rc::gen::build<Operation>(
      rc::gen::set(&Operation::kind, rc::gen::resize(1000, rc::gen::inRange(0, 7))),
      rc::gen::set(&Operation::key, rc::gen::resize(1000, rc::gen::inRange(0, key_count))),
      rc::gen::set(&Operation::other, rc::gen::resize(1000, rc::gen::inRange(0, key_count))));
}

rc::Gen<Transaction> any_transaction() {
  return rc::gen::build<Transaction>(
      rc::gen::set(&Transaction::operations,
                   rc::gen::container<std::vector<Operation>>(any_operation())),
      rc::gen::set(&Transaction::ending,
                   rc::gen::resize(1000, rc::gen::weightedElement<int>(
                                             {{8, 0}, {2, 1}, {2, 2}, {1, 3}, {1, 4}}))),
      rc::gen::set(&Transaction::is_by_second_handle, rc::gen::arbitrary<bool>()),
      rc::gen::set(&Transaction::is_reopened_after,
                   rc::gen::weightedElement<bool>({{4, false}, {1, true}})));
}

struct RolledBack : std::runtime_error {
  RolledBack() : std::runtime_error("rolled back") {}
};

/// The entries of `model` in `range`, in byte order.
Entries entries_of(const Model& model, const KeyRange& range) {
  Entries found;
  for (const auto& [key, value] : model) {
    const bool is_inside = compare(as_bytes(key), range.begin) >= 0 &&
                           (!range.end || compare(as_bytes(key), *range.end) < 0);
    if (is_inside) found.emplace_back(key, value);
  }
  return found;
}

/// What `scan` promises of the order: keys above 480 bytes count with their first 480 only.
void check_order(const Entries& seen, Direction direction) {
  for (std::size_t i = 1; i < seen.size(); ++i) {
    const auto before = seen[i - 1].first.substr(0, 480);
    const auto after = seen[i].first.substr(0, 480);
    const bool is_ordered = direction == Direction::forward ? before <= after : before >= after;
    RC_ASSERT(is_ordered);
  }
}

void check_scan(ReadTxn& txn, const Model& model, const KeyRange& range, Direction direction) {
  Entries seen = entries(txn, range, direction);
  check_order(seen, direction);
  std::sort(seen.begin(), seen.end());
  RC_ASSERT(seen == entries_of(model, range));
}

void check_all(Engine& engine, const Model& model) {
  engine.view([&](ReadTxn& txn) {
    check_scan(txn, model, {}, Direction::forward);
    check_scan(txn, model, {}, Direction::backward);
  });
}

void apply(WriteTxn& txn, Model& model, const Operation& operation) {
  const std::string key = key_of(operation.key);
  switch (OperationKind(operation.kind)) {
    case OperationKind::put:
    case OperationKind::put_big:
      txn.put(as_bytes(key), as_bytes(operation.value()));
      model[key] = operation.value();
      break;
    case OperationKind::erase:
      RC_ASSERT(txn.erase(as_bytes(key)) == (model.erase(key) == 1));
      break;
    case OperationKind::erase_range: {
      const Entries gone = entries_of(model, operation.range());
      RC_ASSERT(txn.erase_range(operation.range()) == gone.size());
      for (const auto& entry : gone) model.erase(entry.first);
      break;
    }
    case OperationKind::get: {
      const auto found = model.find(key);
      RC_ASSERT(get(txn, key) ==
                (found == model.end() ? std::nullopt : std::optional<std::string>(found->second)));
      break;
    }
    case OperationKind::scan_forward:
      check_scan(txn, model, operation.range(), Direction::forward);
      break;
    case OperationKind::scan_backward:
      check_scan(txn, model, operation.range(), Direction::backward);
      break;
  }
}

/// Runs the second half of a transaction as an update within it, as its ending says.
void run_nested(Engine& engine, Model& model, const Transaction& transaction) {
  const auto ending = Ending(transaction.ending);
  const auto nested = [&] {
    engine.update([&](WriteTxn& txn) {
      for (const Operation& operation : transaction.operations) apply(txn, model, operation);
      if (ending != Ending::nest) throw RolledBack();
    });
  };
  if (ending != Ending::nest_and_swallow) return nested();
  try {
    nested();
  } catch (const RolledBack&) {
  }
}

void run(Engine& engine, Model& model, const Transaction& transaction) {
  Model changed = model;
  const auto ending = Ending(transaction.ending);
  try {
    engine.update([&](WriteTxn& txn) {
      for (const Operation& operation : transaction.operations) apply(txn, changed, operation);
      if (ending == Ending::roll_back) throw RolledBack();
      if (ending != Ending::commit) run_nested(engine, changed, transaction);
    });
    RC_ASSERT((ending == Ending::commit || ending == Ending::nest));
    model = std::move(changed);
  } catch (const RolledBack&) {
    RC_ASSERT((ending == Ending::roll_back || ending == Ending::nest_and_fail));
  } catch (const Error& error) {
    RC_ASSERT(error.kind() == ErrorKind::invalid_argument);
    RC_ASSERT(ending == Ending::nest_and_swallow);
  }
}

void run_history(const EngineUnderTest& subject, const std::vector<Transaction>& history) {
  const TempDir dir(memory_folder());
  EngineSettings settings = subject.defaults;
  settings.directory = dir / "engine";
  EnginePtr first = subject.open(settings);
  EnginePtr second = subject.is_persistent ? subject.open(settings) : first;
  Model model;
  for (const Transaction& transaction : history) {
    run(transaction.is_by_second_handle ? *second : *first, model, transaction);
    if (transaction.is_reopened_after && subject.is_persistent) {
      first.reset();
      second.reset();
      first = subject.open(settings);
      second = subject.open(settings);
    }
    check_all(*first, model);
  }
  check_all(*second, model);
}

}  // namespace

void check_against_model(const EngineUnderTest& engine, int histories) {
  const std::string parameters = "seed=" + std::to_string(seed()) +
                                 " max_success=" + std::to_string(histories) +
                                 " max_size=40 verbose_progress=0";
  ::setenv("RC_PARAMS", parameters.c_str(), 0);
  EXPECT_TRUE(rc::check("an engine does what a map does", [&] {
    run_history(engine, *rc::gen::container<std::vector<Transaction>>(any_transaction()));
  }));
}

}  // namespace larder::test
