// SPDX-License-Identifier: Apache-2.0

// An entry lies below its key. Its number, which it keeps when it is replaced, leads from the
// insertion order to the key.

#include "larder/container/detail/index_core.h"

#include <string>
#include <utility>

#include "container/damage.h"
#include "container/edit.h"
#include "container/index_place.h"
#include "engine/resume.h"
#include "larder/core/error.h"
#include "larder/key/key.h"

namespace larder::detail {

namespace {

std::string describe(BytesView key) {
  try {
    return Key::from_bytes(key).to_string();
  } catch (const Error&) {
    return "?";
  }
}

}  // namespace

/// How much a walk reads at once.
struct IndexCore::Batch {
  std::uint64_t entries = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t bytes = std::numeric_limits<std::uint64_t>::max();
};

/// What one update does to an index.
class IndexCore::Edit {
 public:
  Edit(const Place& place, WriteTxn& txn)
      : place_(place), txn_(txn), meta_(place.load(txn)), before_(meta_) {}

  [[nodiscard]] WriteTxn& txn() noexcept { return txn_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return meta_.size; }
  [[nodiscard]] std::optional<IndexEntry> find(BytesView key) { return place_.find(txn_, key); }

  /// Stores `value` where `old`, if there is one, was found.
  void put(BytesView key, BytesView value, const std::optional<IndexEntry>& old) {
    std::int64_t number = 0;
    if (old) {
      number = old->number;
    } else {
      number = meta_.next_number++;
      ++meta_.size;
      Subspace::put(txn_, place_.order_key(number), 0, key);
    }
    place_.store(txn_, key, {.number = number, .value = value});
  }

  /// Removes an entry that is there, with its place in the order of arrival, if it has one.
  void remove(BytesView key, std::optional<std::int64_t> number) {
    txn_.erase(place_.entry_key(key).view());
    if (number) txn_.erase(place_.order_key(*number).view());
    --meta_.size;
  }

  void clear() {
    txn_.erase_range(place_.keys.range(IndexSpace::order));
    txn_.erase_range(place_.keys.range(IndexSpace::entry));
    meta_.size = 0;
  }

  void save() {
    if (meta_ != before_) make();
  }

  /// Makes the index if there is none.
  void make() { place_.store(txn_, meta_); }

 private:
  const Place& place_;
  WriteTxn& txn_;
  IndexMeta meta_;
  const IndexMeta before_;
};

template <typename Body>
auto IndexCore::update(Body body, const UpdateOptions& options) {
  return edit_in_update<Edit>(*place_, body, options);
}

IndexCore::IndexCore(std::unique_ptr<const Place> place) : place_(std::move(place)) {}

IndexCore::~IndexCore() = default;

std::shared_ptr<IndexCore> IndexCore::open(EnginePtr engine, std::string_view name,
                                           const ItemType& type) {
  auto place = std::make_unique<const Place>(
      Place{.engine = std::move(engine), .keys = Subspace("index", name), .type = type});
  std::shared_ptr<IndexCore> core(new IndexCore(std::move(place)));
  const Place& here = *core->place_;
  const bool is_there = here.engine->view([&](ReadTxn& txn) {
    static_cast<void>(here.load(txn));
    return here.exists(txn);
  });
  if (is_there || here.engine->place().is_read_only) return core;
  core->update([](Edit& edit) { edit.make(); });
  return core;
}

const EnginePtr& IndexCore::engine() const noexcept { return place_->engine; }

std::uint64_t IndexCore::size() const {
  return place_->engine->view([&](ReadTxn& txn) { return place_->load(txn).size; });
}

bool IndexCore::get(BytesView key, IndexValueVisitor visit) const {
  return place_->engine->view([&](ReadTxn& txn) {
    const std::optional<IndexEntry> entry = place_->find(txn, key);
    if (entry) visit(entry->value);
    return entry.has_value();
  });
}

bool IndexCore::contains(BytesView key) const {
  return place_->engine->view(
      [&](ReadTxn& txn) { return txn.get(place_->entry_key(key).view()).has_value(); });
}

std::uint64_t IndexCore::put(std::span<const EncodedEntry> entries, Replacing replacing) {
  return update([&](Edit& edit) {
    const std::uint64_t before = edit.size();
    for (const auto& [key, value] : entries) {
      const std::optional<IndexEntry> old = edit.find(key);
      if (!old || replacing == Replacing::yes) edit.put(key, value, old);
    }
    return edit.size() - before;
  });
}

void IndexCore::set_default(BytesView key, BytesView value, IndexValueVisitor visit) {
  if (get(key, visit)) return;
  update([&](Edit& edit) {
    const std::optional<IndexEntry> old = edit.find(key);
    visit(old ? old->value : value);
    if (!old) edit.put(key, value, old);
  });
}

bool IndexCore::erase(BytesView key) {
  return update(
      [&](Edit& edit) {
        if (!edit.txn().get(place_->entry_key(key).view())) return false;
        const auto entry = unless_damaged([&] { return edit.find(key).value(); });
        // A damaged entry does not know its place any more.
        edit.remove(key, entry ? entry->number : place_->find_in_order(edit.txn(), key));
        return true;
      },
      freeing);
}

bool IndexCore::pop(BytesView key, IndexValueVisitor visit) {
  return update(
      [&](Edit& edit) {
        const std::optional<IndexEntry> entry = edit.find(key);
        if (!entry) return false;
        visit(entry->value);
        edit.remove(key, entry->number);
        return true;
      },
      freeing);
}

std::uint64_t IndexCore::clear() {
  return update(
      [](Edit& edit) {
        const std::uint64_t removed = edit.size();
        edit.clear();
        return removed;
      },
      freeing);
}

bool IndexCore::peek(KeyOrder order, Direction direction, IndexVisitor visit) const {
  return place_->engine->view([&](ReadTxn& txn) {
    const std::optional<Bytes> key = place_->end_key(txn, order, direction);
    if (key) visit(*key, place_->get(txn, *key).value);
    return key.has_value();
  });
}

bool IndexCore::pop(KeyOrder order, Direction direction, IndexVisitor visit) {
  return update(
      [&](Edit& edit) {
        const std::optional<Bytes> key = place_->end_key(edit.txn(), order, direction);
        if (!key) return false;
        const IndexEntry entry = place_->get(edit.txn(), *key);
        visit(*key, entry.value);
        edit.remove(*key, entry.number);
        return true;
      },
      freeing);
}

std::int64_t IndexCore::push(Direction direction, BytesView value) {
  return update([&](Edit& edit) {
    const Direction from =
        direction == Direction::forward ? Direction::backward : Direction::forward;
    const std::optional<Bytes> end = place_->end_key(edit.txn(), KeyOrder::key, from);
    std::int64_t number = 0;
    const std::int64_t step = direction == Direction::forward ? 1 : -1;
    if (end && __builtin_add_overflow(Key::from_bytes(*end).as<std::int64_t>(), step, &number)) {
      throw Error(ErrorKind::full, place_->keys.title() + ": no integer is left beyond its keys");
    }
    edit.put(Key(number).bytes(), value, std::nullopt);
    return number;
  });
}

IndexCursor IndexCore::cursor(KeyOrder order, Direction direction, const KeyRange& keys) const {
  IndexCursor result{.order = order, .direction = direction};
  if (order == KeyOrder::insertion) {
    result.rest = place_->keys.range(IndexSpace::order);
    return result;
  }
  result.rest = place_->keys.range(IndexSpace::entry);
  result.rest.begin = to_bytes(place_->entry_key(keys.begin).view());
  if (keys.end) result.rest.end = to_bytes(place_->entry_key(*keys.end).view());
  return result;
}

IndexCursor IndexCore::walk(KeyOrder order, Direction direction, const KeyRange& keys) const {
  IndexCursor result = cursor(order, direction, keys);
  result.numbers =
      place_->engine->view([&](ReadTxn& txn) { return place_->load(txn).next_number; });
  return result;
}

void IndexCore::read_all(KeyOrder order, IndexVisitor visit) const {
  IndexCursor all = cursor(order, Direction::forward, {});
  read(all, {}, visit);
}

void IndexCore::read_some(IndexCursor& cursor, IndexVisitor visit) const {
  // Enough to make the snapshot cheap, little enough to keep.
  read(cursor, {.entries = 128, .bytes = std::uint64_t{1} << 20U}, visit);
}

void IndexCore::read(IndexCursor& cursor, const Batch& most, IndexVisitor visit) const {
  place_->engine->view([&](ReadTxn& txn) {
    std::uint64_t shown = 0;
    std::uint64_t bytes = 0;
    Bytes last;
    cursor.is_done = true;
    txn.scan(cursor.rest, cursor.direction, [&](BytesView at, BytesView) {
      if ((shown >= most.entries || bytes >= most.bytes) && !are_unordered(at, last)) {
        cursor.is_done = false;
        return Visit::stop;
      }
      last = to_bytes(at);
      const Bytes key = cursor.order == KeyOrder::key ? to_bytes(place_->key_of(at))
                                                      : to_bytes(place_->key_at(txn, at));
      const IndexEntry entry = place_->get(txn, key);
      ++shown;
      bytes += key.size() + entry.value.size();
      if (entry.number < cursor.numbers) visit(key, entry.value);
      return Visit::more;
    });
    if (!cursor.is_done) continue_after(cursor.rest, cursor.direction, last);
  });
}

void IndexCore::throw_missing(BytesView key) const {
  throw Error(ErrorKind::invalid_argument,
              place_->keys.title() + ": there is no key " + describe(key));
}

}  // namespace larder::detail
