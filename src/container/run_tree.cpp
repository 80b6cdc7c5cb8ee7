// SPDX-License-Identifier: Apache-2.0

// Nodes have between a quarter of max_node_entries and max_node_entries entries, except the root
// and what has no neighbours: so the height grows with the logarithm of the number of runs.

#include "container/run_tree.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace larder::detail {

namespace {

constexpr std::size_t min_node_entries = max_node_entries / 4;
constexpr auto a_node = "the order of its items";

std::uint64_t total(const Runs& entries) {
  return std::accumulate(entries.begin(), entries.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Run& run) { return sum + run.count; });
}

// Makes one run of two if their numbers go on; a single item goes either way.
bool join(Run& left, const Run& right) {
  const auto left_count = static_cast<std::int64_t>(left.count);
  const bool may_ascend =
      (left.count == 1 || !left.is_descending) && (right.count == 1 || !right.is_descending);
  const bool may_descend =
      (left.count == 1 || left.is_descending) && (right.count == 1 || right.is_descending);
  const bool ascends = may_ascend && right.first == left.first + left_count;
  const bool descends = may_descend && right.first == left.first - left_count;
  if (!ascends && !descends) return false;
  left.count += right.count;
  left.is_descending = !ascends;
  return true;
}

void join_all(Runs& runs) {
  if (runs.empty()) return;
  std::size_t last = 0;
  for (std::size_t i = 1; i < runs.size(); ++i) {
    if (!join(runs[last], runs[i])) runs[++last] = runs[i];
  }
  runs.resize(last + 1);
}

void insert_run(Runs& runs, std::uint64_t index, const Run& run) {
  auto at = runs.begin();
  for (; at != runs.end() && index >= at->count; ++at) index -= at->count;
  if (index > 0) {
    const Run before = at->part(0, index);
    *at = at->part(index, at->count - index);
    at = runs.insert(at, before) + 1;
  }
  runs.insert(at, run);
  join_all(runs);
}

void cut_runs(Runs& runs, std::uint64_t index, std::uint64_t count) {
  Runs kept;
  kept.reserve(runs.size() + 1);
  for (const Run& run : runs) {
    const std::uint64_t before = std::min(index, run.count);
    const std::uint64_t gone = std::min(count, run.count - before);
    const std::uint64_t after = run.count - before - gone;
    if (before > 0) kept.push_back(run.part(0, before));
    if (after > 0) kept.push_back(run.part(before + gone, after));
    index -= before;
    count -= gone;
  }
  runs = std::move(kept);
  join_all(runs);
}

// The child to insert at `index`, which becomes the index within it.
std::size_t child_to_grow(const Runs& entries, std::uint64_t& index) {
  std::size_t at = 0;
  for (; at + 1 < entries.size() && index > entries[at].count; ++at) index -= entries[at].count;
  return at;
}

bool is_settled(const Runs& entries) {
  return entries.size() >= min_node_entries && entries.size() <= max_node_entries;
}

}  // namespace

std::uint64_t RunRoot::size() const noexcept { return total(entries); }

void write_runs(const Runs& runs, WireWriter& out) {
  out.write_array(2 * runs.size());
  for (const Run& run : runs) {
    out.write_int(run.first);
    const auto count = static_cast<std::int64_t>(run.count);
    out.write_int(run.is_descending ? -count : count);
  }
}

Runs read_runs(WireReader& in) {
  const std::size_t numbers = in.read_array();
  if (numbers % 2 != 0) in.fail("half a run");
  Runs runs(numbers / 2);
  for (Run& run : runs) {
    run.first = in.read_int();
    const std::int64_t count = in.read_int();
    if (count == 0 || count == INT64_MIN) in.fail("a run of no length");
    run.is_descending = count < 0;
    run.count = static_cast<std::uint64_t>(run.is_descending ? -count : count);
  }
  return runs;
}

Runs RunTree::load(const Run& at) const {
  const KeyBuffer key = place_.key(DequeSpace::node, at.first);
  WireReader in(place_.get(txn_, key.view(), a_node).payload);
  Runs entries = read_runs(in);
  in.expect_end();
  if (entries.empty() || total(entries) != at.count) place_.fail(a_node);
  return entries;
}

std::int64_t RunTree::find(std::uint64_t index) const {
  const Runs* entries = &root_.entries;
  Runs loaded;
  for (std::uint64_t level = root_.height;; --level) {
    auto at = entries->begin();
    while (at != entries->end() && index >= at->count) index -= (at++)->count;
    if (at == entries->end()) place_.fail(a_node);
    if (level == 0) return at->id(index);
    loaded = load(*at);
    entries = &loaded;
  }
}

Runs RunTree::slice(std::uint64_t index, std::uint64_t count) const {
  Runs found;
  collect(root_.entries, root_.height, index, count, found);
  return found;
}

void RunTree::collect(const Runs& entries, std::uint64_t level, std::uint64_t index,
                      std::uint64_t count, Runs& out) const {
  for (const Run& entry : entries) {
    if (count == 0) return;
    const std::uint64_t before = std::min(index, entry.count);
    const std::uint64_t taken = std::min(count, entry.count - before);
    index -= before;
    count -= taken;
    if (taken == 0) continue;
    if (level == 0) {
      out.push_back(entry.part(before, taken));
    } else {
      collect(load(entry), level - 1, before, taken, out);
    }
  }
}

Run RunEditor::store(std::int64_t number, const Runs& entries) {
  Bytes payload;
  WireWriter out(payload);
  write_runs(entries, out);
  Subspace::put(txn_, place().key(DequeSpace::node, number), 0, payload);
  return {.first = number, .count = total(entries)};
}

void RunEditor::insert(std::uint64_t index, const Run& run) {
  insert_into(root_.entries, root_.height, index, run);
  settle_root();
}

void RunEditor::cut(std::uint64_t index, std::uint64_t count) {
  if (count == 0) return;
  cut_from(root_.entries, root_.height, index, count);
  settle_root();
}

void RunEditor::assign(const Runs& runs) {
  txn_.erase_range(place().range(DequeSpace::node));
  root_ = {.next_node = root_.next_node};
  for (const Run& run : runs) insert(root_.size(), run);
}

void RunEditor::insert_into(Runs& entries, std::uint64_t level, std::uint64_t index,
                            const Run& run) {
  if (level == 0) return insert_run(entries, index, run);
  const std::size_t at = child_to_grow(entries, index);
  Runs child = load(entries[at]);
  insert_into(child, level - 1, index, run);
  entries[at] = store(entries[at].first, child);
  if (!is_settled(child)) settle(entries, at, level - 1);
}

void RunEditor::cut_from(Runs& entries, std::uint64_t level, std::uint64_t index,
                         std::uint64_t count) {
  if (level == 0) return cut_runs(entries, index, count);
  Runs kept;
  std::size_t first_changed = entries.size();
  std::size_t changed = 0;
  for (const Run& entry : entries) {
    const std::uint64_t before = std::min(index, entry.count);
    const std::uint64_t gone = std::min(count, entry.count - before);
    index -= before;
    count -= gone;
    if (gone == entry.count) {
      drop(entry, level - 1);
    } else if (gone == 0) {
      kept.push_back(entry);
    } else {
      Runs child = load(entry);
      cut_from(child, level - 1, before, gone);
      first_changed = std::min(first_changed, kept.size());
      ++changed;
      kept.push_back(store(entry.first, child));
    }
  }
  entries = std::move(kept);
  // At most two children lost a part of their items: the first and the last.
  for (std::size_t at = first_changed; changed > 0 && at < entries.size(); --changed) {
    at = settle(entries, at, level - 1) + 1;
  }
}

void RunEditor::drop(const Run& child, std::uint64_t level) {
  if (level > 0) {
    for (const Run& entry : load(child)) drop(entry, level - 1);
  }
  txn_.erase(place().key(DequeSpace::node, child.first).view());
}

// Gives the child at `at`, whose own level is `level`, its due number of entries: joins it with its
// neighbours, or splits it. Returns where it is now, or the last of its parts.
std::size_t RunEditor::settle(Runs& entries, std::size_t at, std::uint64_t level) {
  Runs child = load(entries[at]);
  if (is_settled(child)) return at;
  while (child.size() < min_node_entries && entries.size() > 1) {
    const std::size_t left = at == 0 ? 0 : at - 1;
    const Run gone = entries[left + 1];
    const Runs right_half = at == 0 ? load(gone) : std::exchange(child, load(entries[left]));
    const std::size_t seam = child.size();
    child.insert(child.end(), right_half.begin(), right_half.end());
    if (level == 0) {
      join_all(child);
    } else {
      // Those beside the seam have got neighbours.
      const std::size_t next = settle(child, seam - 1, level - 1) + 1;
      if (next < child.size()) settle(child, next, level - 1);
    }
    txn_.erase(place().key(DequeSpace::node, gone.first).view());
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(left) + 1);
    at = left;
  }
  if (child.size() <= max_node_entries) {
    entries[at] = store(entries[at].first, child);
    return at;
  }
  const auto half = child.begin() + static_cast<std::ptrdiff_t>(child.size() / 2);
  entries[at] = store(entries[at].first, Runs(child.begin(), half));
  entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                 store(root_.next_node++, Runs(half, child.end())));
  return at + 1;
}

void RunEditor::settle_root() {
  Runs& entries = root_.entries;
  if (entries.size() > max_node_entries) {
    entries = {store(root_.next_node++, entries)};
    settle(entries, 0, root_.height++);
  }
  while (root_.height > 0 && entries.size() <= 1) {
    if (entries.empty()) {
      root_.height = 0;
      return;
    }
    const Run only = entries.front();
    entries = load(only);
    txn_.erase(place().key(DequeSpace::node, only.first).view());
    --root_.height;
  }
}

}  // namespace larder::detail
