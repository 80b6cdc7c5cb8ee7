// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "larder/codec/codec.h"
#include "larder/codec/standard.h"
#include "larder/codec/wholly_encodable.h"
#include "larder/core/error.h"
#include "larder/memo/detail/result_table.h"

namespace larder::detail {

template <typename Stored>
ResultType result_type() {
  if constexpr (WhollyEncodable<Stored>) {
    return {
        .encode = [](const void* result) { return encode(*static_cast<const Stored*>(result)); },
        .decode = [](BytesView bytes) -> ResultObject {
          return std::make_shared<const Stored>(decode<Stored>(bytes));
        }};
  } else {
    return {};
  }
}

/// The results of one function in the memory of this process.
template <typename Stored>
class MemoryPlace {
 public:
  using Object = std::shared_ptr<const Stored>;

  explicit MemoryPlace(ResultTable::Settings settings)
      : table_(std::make_shared<ResultTable>(std::move(settings))) {}

  template <typename Call>
  [[nodiscard]] Object share(const Key& key, Call& call) {
    Object object;
    get_or_compute(key, call, [&](const ResultObject& result) { object = cast(result); });
    return object;
  }

  template <typename Call>
  [[nodiscard]] Stored get(const Key& key, Call& call) {
    if constexpr (is_copied_at_once) {
      std::optional<Stored> value;
      get_or_compute(key, call,
                     [&](const ResultObject& result) { value.emplace(*pointer(result)); });
      return *value;
    } else {
      return *share(key, call);
    }
  }

  [[nodiscard]] Object find(const Key& key) const {
    Object object;
    (void)table_->find(key, [&](const ResultObject& result) { object = cast(result); });
    return object;
  }

  Object put(const Key& key, Stored result, Duration load_time) {
    auto object = std::make_shared<const Stored>(std::move(result));
    table_->put(key, object, load_time);
    return object;
  }
  bool erase(const Key& key) { return table_->erase(key); }
  void clear() { table_->clear(); }
  [[nodiscard]] MemoizeStats stats() const { return table_->stats(); }
  void reset_stats() { table_->reset_stats(); }
  [[nodiscard]] const Clock& clock() const { return table_->clock(); }

  [[nodiscard]] ResultTable& table() { return *table_; }

 private:
  /// Copying runs no code of the user, and costs no more than counting references.
  static constexpr bool is_copied_at_once =
      std::is_trivially_copyable_v<Stored> && sizeof(Stored) <= 64;

  static Computed computed(Loaded<Stored> result) {
    return {.object = std::make_shared<const Stored>(std::move(result.value)),
            .is_kept = result.is_stored};
  }
  static const Stored* pointer(const ResultObject& result) {
    return static_cast<const Stored*>(result.get());
  }
  static Object cast(const ResultObject& result) {
    return std::static_pointer_cast<const Stored>(result);
  }

  template <typename Call, typename Seen>
  void get_or_compute(const Key& key, Call& call, Seen seen) {
    const auto run = [&] { return computed(call.load()); };
    const auto detach = [&]() -> std::function<Computed()> {
      auto detached = call.detach();
      if (!detached) return nullptr;
      return [detached = std::move(detached)] { return computed(detached()); };
    };
    table_->get_or_compute(key, {.run = run, .detach = detach}, seen);
  }

  std::shared_ptr<ResultTable> table_;
};

}  // namespace larder::detail
