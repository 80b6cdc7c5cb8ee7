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
  if (left.is_taken() || right.is_taken()) return false;
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

void insert_run(Runs& runs, std::uint64_t index, const Run& run, TakenPlaces side) {
  auto at = runs.begin();
  // Places of taken items are passed over unless they are to be behind.
  const std::uint64_t least = side == TakenPlaces::before ? 0 : 1;
  for (; at != runs.end() && index >= std::max(at->count, least); ++at) index -= at->count;
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
    if (run.is_taken()) kept.push_back(run);
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
std::size_t child_to_grow(const Runs& entries, std::uint64_t& index, TakenPlaces side) {
  const std::uint64_t beyond = side == TakenPlaces::before ? 0 : 1;
  std::size_t at = 0;
  for (; at + 1 < entries.size() && index >= entries[at].count + beyond; ++at) {
    index -= entries[at].count;
  }
  return at;
}

// Turns the item at `index` into the place of one that was taken.
void take_from(Runs& runs, std::uint64_t index) {
  auto at = runs.begin();
  while (index >= at->count) index -= (at++)->count;
  const Run run = *at;
  Runs parts;
  if (index > 0) parts.push_back(run.part(0, index));
  parts.push_back({.first = run.id(index), .count = 0});
  if (index + 1 < run.count) parts.push_back(run.part(index + 1, run.count - index - 1));
  runs.insert(runs.erase(at), parts.begin(), parts.end());
}

// Visits 0 to `count` from either end, until `visit` returns true. Returns whether it did.
template <typename Visit>
bool any_of(std::size_t count, Direction direction, Visit visit) {
  for (std::size_t i = 0; i < count; ++i) {
    if (visit(direction == Direction::forward ? i : count - 1 - i)) return true;
  }
  return false;
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
    if (count == INT64_MIN) in.fail("a run of no length");
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

Runs RunTree::all() const {
  Runs found;
  collect_all(root_.entries, root_.height, found);
  return found;
}

void RunTree::collect_all(const Runs& entries, std::uint64_t level, Runs& out) const {
  if (level == 0) {
    out.insert(out.end(), entries.begin(), entries.end());
    return;
  }
  for (const Run& entry : entries) collect_all(load(entry), level - 1, out);
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

void RunEditor::insert(std::uint64_t index, const Run& run, TakenPlaces side) {
  insert_into(root_.entries, root_.height, index, run, side);
  settle_root();
}

void RunEditor::take(std::uint64_t index) {
  take_at(root_.entries, root_.height, index);
  settle_root();
}

bool RunEditor::restore(std::int64_t number, Direction from) {
  return end_taking(number, from, [](Runs& runs, std::size_t at) {
    runs[at].count = 1;
    join_all(runs);
  });
}

bool RunEditor::forget(std::int64_t number, Direction from) {
  return end_taking(number, from, [](Runs& runs, std::size_t at) {
    runs.erase(runs.begin() + static_cast<std::ptrdiff_t>(at));
    join_all(runs);
  });
}

void RunEditor::cut(std::uint64_t index, std::uint64_t count) {
  if (count == 0) return;
  cut_from(root_.entries, root_.height, index, count);
  settle_root();
}

void RunEditor::assign(const Runs& runs) {
  txn_.erase_range(place().range(DequeSpace::node));
  root_ = {.next_node = root_.next_node};
  for (const Run& run : runs) insert(root_.size(), run, TakenPlaces::before);
}

void RunEditor::insert_into(Runs& entries, std::uint64_t level, std::uint64_t index, const Run& run,
                            TakenPlaces side) {
  if (level == 0) return insert_run(entries, index, run, side);
  const std::size_t at = child_to_grow(entries, index, side);
  Runs child = load(entries[at]);
  insert_into(child, level - 1, index, run, side);
  put_child(entries, at, level - 1, child);
}

void RunEditor::take_at(Runs& entries, std::uint64_t level, std::uint64_t index) {
  if (level == 0) return take_from(entries, index);
  std::size_t at = 0;
  while (index >= entries[at].count) index -= entries[at++].count;
  Runs child = load(entries[at]);
  take_at(child, level - 1, index);
  put_child(entries, at, level - 1, child);
}

bool RunEditor::end_taking(std::int64_t number, Direction from, RunChange change) {
  const bool is_found = end_taking_in(root_.entries, root_.height, number, from, change);
  settle_root();
  return is_found;
}

bool RunEditor::end_taking_in(Runs& entries, std::uint64_t level, std::int64_t number,
                              Direction from, RunChange change) {
  return any_of(entries.size(), from, [&](std::size_t at) {
    if (level == 0) {
      if (!entries[at].is_taken() || entries[at].first != number) return false;
      change(entries, at);
      return true;
    }
    Runs child = load(entries[at]);
    if (!end_taking_in(child, level - 1, number, from, change)) return false;
    put_child(entries, at, level - 1, child);
    return true;
  });
}

// Stores the child at `at`, whose own level is `level` and whose entries are now `child`.
void RunEditor::put_child(Runs& entries, std::size_t at, std::uint64_t level, const Runs& child) {
  if (child.empty()) {
    txn_.erase(place().key(DequeSpace::node, entries[at].first).view());
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(at));
    return;
  }
  entries[at] = store(entries[at].first, child);
  if (!is_settled(child)) settle(entries, at, level);
}

void RunEditor::cut_from(Runs& entries, std::uint64_t level, std::uint64_t index,
                         std::uint64_t count) {
  if (level == 0) return cut_runs(entries, index, count);
  Runs kept;
  std::size_t first_changed = entries.size();
  std::size_t behind = 0;  // how many follow the last that changed
  for (const Run& entry : entries) {
    const std::uint64_t before = std::min(index, entry.count);
    const std::uint64_t gone = std::min(count, entry.count - before);
    index -= before;
    count -= gone;
    if (gone == 0) {
      kept.push_back(entry);
      ++behind;
      continue;
    }
    Runs child = load(entry);
    cut_from(child, level - 1, before, gone);
    first_changed = std::min(first_changed, kept.size());
    behind = 0;
    if (child.empty()) {
      txn_.erase(place().key(DequeSpace::node, entry.first).view());
    } else {
      kept.push_back(store(entry.first, child));
    }
  }
  entries = std::move(kept);
  // Of most that lost all their items nothing is left. Of the others there are two, and those with
  // places of items that were taken.
  for (std::size_t at = first_changed; at + behind < entries.size(); ++at) {
    at = settle(entries, at, level - 1);
  }
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
