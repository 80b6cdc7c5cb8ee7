// SPDX-License-Identifier: Apache-2.0

// Items are kept below numbers that are never used twice and never change; a tree of runs of
// numbers says in which order they are. So nothing that changes the order moves an item.

#include "larder/container/detail/deque_core.h"

#include <algorithm>
#include <utility>

#include "container/deque_place.h"
#include "container/edit.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

// A walk reads so much at once: enough to make the snapshot cheap, little enough to keep.
constexpr std::uint64_t batch_items = 128;
constexpr std::size_t batch_bytes = std::size_t{1} << 20U;

constexpr UpdateOptions freeing = {.deadline = std::nullopt, .frees_space = true};

}  // namespace

/// What one update does to a deque.
class DequeCore::Edit {
 public:
  Edit(const Place& place, WriteTxn& txn)
      : place_(place), txn_(txn), meta_(place.load(txn)), before_(meta_) {}

  [[nodiscard]] const DequeMeta& meta() const noexcept { return meta_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return meta_.size(); }
  [[nodiscard]] RunTree tree() { return {txn_, place_.keys, meta_.root}; }
  [[nodiscard]] RunEditor editor() { return {txn_, place_.keys, meta_.root}; }
  [[nodiscard]] WriteTxn& txn() noexcept { return txn_; }

  void set_max_size(std::uint64_t max_size) { meta_.max_size = max_size; }

  void write(std::int64_t id, BytesView item) {
    Subspace::put(txn_, place_.item_key(id), place_.type.schema, item);
  }

  /// Numbers of items at either end go on in their direction, so that they stay one run.
  void insert(std::uint64_t index, BytesView item, DequeEnd numbers) {
    const std::int64_t id = numbers == DequeEnd::front ? meta_.next_front-- : meta_.next_back++;
    write(id, item);
    editor().insert(index, {.first = id, .count = 1},
                    numbers == DequeEnd::front ? TakenPlaces::behind : TakenPlaces::before);
  }

  void erase(std::uint64_t index, std::uint64_t count) {
    for (const Run& run : tree().slice(index, count)) {
      for (std::uint64_t i = 0; i < run.count; ++i) {
        txn_.erase(place_.item_key(run.id(i)).view());
      }
    }
    editor().cut(index, count);
  }

  /// Removes what is beyond the limit.
  void enforce_limit(DequeEnd from) {
    if (size() <= meta_.max_size) return;
    const std::uint64_t excess = size() - meta_.max_size;
    erase(from == DequeEnd::front ? 0 : size() - excess, excess);
  }

  void save() {
    if (meta_ == before_) return;
    store_deque(txn_, place_.keys, place_.type, meta_);
    if (meta_.size() > before_.size()) wake(place_.has_items());
    // Nobody waits for room where there is no limit.
    const bool has_room = meta_.size() < before_.size() || meta_.max_size > before_.max_size;
    if (has_room && before_.max_size != no_max_size) wake(place_.has_room());
  }

  /// Makes the deque if there is none.
  void make() { store_deque(txn_, place_.keys, place_.type, meta_); }

 private:
  // The engine outlives its updates.
  void wake(const KeyBuffer& name) {
    txn_.at_end([engine = place_.engine.get(), name](UpdateEnd end) {
      if (end == UpdateEnd::committed) engine->notify(name.view());
    });
  }

  const Place& place_;
  WriteTxn& txn_;
  DequeMeta meta_;
  const DequeMeta before_;
};

template <typename Body>
auto DequeCore::update(Body body, const UpdateOptions& options) {
  return edit_in_update<Edit>(*place_, body, options);
}

DequeCore::DequeCore(std::unique_ptr<const Place> place) : place_(std::move(place)) {}

DequeCore::~DequeCore() = default;

std::shared_ptr<DequeCore> DequeCore::open(EnginePtr engine, std::string_view name,
                                           const ItemType& type,
                                           std::optional<std::uint64_t> max_size) {
  auto place = std::make_unique<const Place>(
      Place{.engine = std::move(engine), .keys = Subspace("deque", name), .type = type});
  std::shared_ptr<DequeCore> core(new DequeCore(std::move(place)));
  const Place& here = *core->place_;
  const bool is_there = here.engine->view([&](ReadTxn& txn) {
    const DequeMeta meta = here.load(txn);
    return has_deque(txn, here.keys) && (!max_size || meta.max_size == *max_size);
  });
  if (is_there || here.engine->place().is_read_only) return core;
  core->update([&](Edit& edit) {
    if (max_size) edit.set_max_size(*max_size);
    edit.enforce_limit(DequeEnd::front);
    edit.make();
  });
  return core;
}

const EnginePtr& DequeCore::engine() const noexcept { return place_->engine; }

std::uint64_t DequeCore::size() const {
  return place_->engine->view([&](ReadTxn& txn) { return place_->load(txn).size(); });
}

std::uint64_t DequeCore::max_size() const {
  return place_->engine->view([&](ReadTxn& txn) { return place_->load(txn).max_size; });
}

void DequeCore::set_max_size(std::uint64_t max_size) {
  update(
      [&](Edit& edit) {
        edit.set_max_size(max_size);
        edit.enforce_limit(DequeEnd::front);
      },
      freeing);
}

void DequeCore::push(DequeEnd end, std::span<const Bytes> items) {
  update([&](Edit& edit) {
    for (const Bytes& item : items)
      edit.insert(end == DequeEnd::front ? 0 : edit.size(), item, end);
    edit.enforce_limit(end == DequeEnd::front ? DequeEnd::back : DequeEnd::front);
  });
}

bool DequeCore::try_push(DequeEnd end, BytesView item) {
  return update([&](Edit& edit) {
    if (edit.size() >= edit.meta().max_size) return false;
    edit.insert(end == DequeEnd::front ? 0 : edit.size(), item, end);
    return true;
  });
}

bool DequeCore::pop(DequeEnd end, DequeVisitor visit) {
  return update(
      [&](Edit& edit) {
        if (edit.size() == 0) return false;
        const std::uint64_t index = end == DequeEnd::front ? 0 : edit.size() - 1;
        visit(place_->get_item(edit.txn(), edit.tree().find(index)));
        edit.erase(index, 1);
        return true;
      },
      freeing);
}

bool DequeCore::read(DequeEnd end, std::uint64_t index, DequeVisitor visit) const {
  return place_->engine->view([&](ReadTxn& txn) {
    const DequeMeta meta = place_->load(txn);
    if (index >= meta.size()) return false;
    const std::uint64_t from_front = end == DequeEnd::front ? index : meta.size() - 1 - index;
    visit(place_->get_item(txn, RunTree(txn, place_->keys, meta.root).find(from_front)));
    return true;
  });
}

bool DequeCore::replace(std::uint64_t index, BytesView item) {
  return update([&](Edit& edit) {
    if (index >= edit.size()) return false;
    edit.write(edit.tree().find(index), item);
    return true;
  });
}

bool DequeCore::insert(std::uint64_t index, BytesView item) {
  return update([&](Edit& edit) {
    if (index > edit.size()) return false;
    if (edit.size() >= edit.meta().max_size) {
      throw Error(ErrorKind::full, place_->keys.title() +
                                       ": it has as many items as its max_size allows; remove one "
                                       "first, or raise the limit");
    }
    edit.insert(index, item, DequeEnd::back);
    return true;
  });
}

bool DequeCore::erase(std::uint64_t index) {
  return update(
      [&](Edit& edit) {
        if (index >= edit.size()) return false;
        edit.erase(index, 1);
        return true;
      },
      freeing);
}

bool DequeCore::erase_first(FunctionRef<bool(BytesView item)> matches) {
  return update(
      [&](Edit& edit) {
        std::optional<std::uint64_t> found;
        place_->walk(edit.txn(), edit.tree().slice(0, edit.size()), 0,
                     [&](std::uint64_t index, BytesView item) {
                       if (!matches(item)) return Visit::more;
                       found = index;
                       return Visit::stop;
                     });
        if (found) edit.erase(*found, 1);
        return found.has_value();
      },
      freeing);
}

std::uint64_t DequeCore::clear() {
  return update(
      [&](Edit& edit) {
        const std::uint64_t removed = edit.size();
        edit.txn().erase_range(place_->keys.range(DequeSpace::item));
        edit.editor().assign({});
        return removed;
      },
      freeing);
}

void DequeCore::rotate(std::int64_t steps) {
  update([&](Edit& edit) {
    const std::uint64_t size = edit.size();
    if (size < 2) return;
    // To the right by less than the size; to the left is to the right by the rest.
    const auto length = static_cast<std::int64_t>(size);
    const auto moved = static_cast<std::uint64_t>((steps % length + length) % length);
    if (moved == 0) return;
    const bool from_back = moved <= size / 2;
    const std::uint64_t begin = from_back ? size - moved : 0;
    Runs cut = edit.tree().slice(begin, from_back ? moved : size - moved);
    edit.editor().cut(begin, from_back ? moved : size - moved);
    if (from_back) std::ranges::reverse(cut);
    for (const Run& run : cut) {
      edit.editor().insert(from_back ? 0 : edit.size(), run,
                           from_back ? TakenPlaces::behind : TakenPlaces::before);
    }
  });
}

void DequeCore::reverse() {
  update([&](Edit& edit) {
    Runs order = edit.tree().all();
    std::ranges::reverse(order);
    for (Run& run : order) run = run.reversed();
    edit.editor().assign(order);
  });
}

void DequeCore::walk(std::uint64_t index, std::uint64_t count, DequeVisitor visit) const {
  place_->engine->view([&](ReadTxn& txn) {
    const DequeMeta meta = place_->load(txn);
    if (index >= meta.size()) return;
    const Runs runs =
        RunTree(txn, place_->keys, meta.root).slice(index, std::min(count, meta.size() - index));
    place_->walk(txn, runs, index, [&](std::uint64_t, BytesView item) {
      visit(item);
      return Visit::more;
    });
  });
}

Runs DequeCore::order(Direction direction) const {
  Runs runs = place_->engine->view([&](ReadTxn& txn) {
    const DequeMeta meta = place_->load(txn);
    return RunTree(txn, place_->keys, meta.root).slice(0, meta.size());
  });
  if (direction == Direction::forward) {
    std::ranges::reverse(runs);
  } else {
    for (Run& run : runs) run = run.reversed();
  }
  return runs;
}

void DequeCore::read_some(Runs& rest, DequeVisitor visit) const {
  place_->engine->view([&](ReadTxn& txn) {
    std::size_t bytes = 0;
    for (std::uint64_t i = 0; i < batch_items && bytes < batch_bytes && !rest.empty(); ++i) {
      Run& run = rest.back();
      if (const std::optional<BytesView> item = place_->find_item(txn, run.id(0))) {
        bytes += item->size();
        visit(*item);
      }
      if (run.count == 1) {
        rest.pop_back();
      } else {
        run = run.part(1, run.count - 1);
      }
    }
  });
}

void DequeCore::throw_out_of_range(std::uint64_t index) const {
  throw Error(ErrorKind::invalid_argument,
              place_->keys.title() + ": there is no item at index " + std::to_string(index));
}

}  // namespace larder::detail
