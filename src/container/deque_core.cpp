// SPDX-License-Identifier: Apache-2.0

// Items are kept below numbers that are never used twice and never change; a tree of runs of
// numbers says in which order they are. So nothing that changes the order moves an item.

#include "larder/container/detail/deque_core.h"

#include <algorithm>
#include <utility>

#include "container/deque_edit.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

// A walk reads so much at once: enough to make the snapshot cheap, little enough to keep.
constexpr std::uint64_t batch_items = 128;
constexpr std::size_t batch_bytes = std::size_t{1} << 20U;

}  // namespace

DequeCore::DequeCore(std::unique_ptr<const Place> place) : place_(std::move(place)) {}

DequeCore::~DequeCore() = default;

std::shared_ptr<DequeCore> DequeCore::open(EnginePtr engine, std::string_view name,
                                           const ItemType& type,
                                           std::optional<std::uint64_t> max_size,
                                           std::optional<std::uint64_t> max_attempts) {
  auto place = std::make_unique<const Place>(
      Place{.engine = std::move(engine), .keys = Subspace("deque", name), .type = type});
  std::shared_ptr<DequeCore> core(new DequeCore(std::move(place)));
  const Place& here = *core->place_;
  const auto set = [&](DequeMeta& meta) {
    meta.max_size = max_size.value_or(meta.max_size);
    meta.taking.max_attempts = max_attempts.value_or(meta.taking.max_attempts);
  };
  const bool is_there = here.engine->view([&](ReadTxn& txn) {
    DequeMeta meta = here.load(txn);
    const DequeMeta before = meta;
    set(meta);
    return has_deque(txn, here.keys) && meta == before;
  });
  if (is_there || here.engine->place().is_read_only) return core;
  core->update([&](Edit& edit) {
    set(edit.meta());
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
        edit.meta().max_size = max_size;
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
  bring_back_in_passing();
  return update(
      [&](Edit& edit) {
        if (edit.size() == 0) return false;
        const std::uint64_t index = edit.index_of(end);
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
        edit.clear();
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
    const Runs runs = place_->slice(txn, index, count);
    place_->walk(txn, runs, index, [&](std::uint64_t, BytesView item) {
      visit(item);
      return Visit::more;
    });
  });
}

Runs DequeCore::order(std::uint64_t index, std::uint64_t count, Direction direction) const {
  Runs runs = place_->engine->view([&](ReadTxn& txn) { return place_->slice(txn, index, count); });
  if (direction == Direction::forward) {
    std::ranges::reverse(runs);
  } else {
    for (Run& run : runs) run = run.reversed();
  }
  return runs;
}

void DequeCore::read_some(Runs& rest, DequeVisitor visit) const {
  place_->engine->view([&](ReadTxn& txn) {
    const bool may_be_taken = place_->load(txn).taking.taken > 0;
    std::size_t bytes = 0;
    for (std::uint64_t i = 0; i < batch_items && bytes < batch_bytes && !rest.empty(); ++i) {
      Run& run = rest.back();
      const std::int64_t id = run.id(0);
      const bool is_taken = may_be_taken && txn.get(place_->taken_key(id).view()).has_value();
      const std::optional<BytesView> item = is_taken ? std::nullopt : place_->find_item(txn, id);
      if (item) {
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

const std::string& DequeCore::title() const noexcept { return place_->keys.title(); }

void DequeCore::throw_out_of_range(std::uint64_t index) const {
  throw Error(ErrorKind::invalid_argument,
              place_->keys.title() + ": there is no item at index " + std::to_string(index));
}

}  // namespace larder::detail
