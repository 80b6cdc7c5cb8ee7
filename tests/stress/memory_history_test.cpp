// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "stress/recorder.h"
#include "support/settings.h"

namespace larder::test {

TEST(MemoryHistory, threads_see_one_order) {
  expect_right_histories("memory threads",
                         {.engine = memory_engine(), .threads = 8, .seed = seed()},
                         rounds(50, 5000));
}

namespace {

/// An engine whose readers see an old state for a while: a cache of reads that nobody invalidates.
class StaleEngine final : public Engine {
 public:
  StaleEngine() : inner_(open_memory_engine()), old_(open_memory_engine()) {}
  [[nodiscard]] bool is_in_transaction() override { return inner_->is_in_transaction(); }
  void sync() override {}
  std::span<std::byte> shared_memory(std::string_view name, std::size_t size) override {
    return inner_->shared_memory(name, size);
  }
  ClaimPtr claim(BytesView name, SteadyTime deadline) override {
    return inner_->claim(name, deadline);
  }
  EngineInfo info() override { return inner_->info(); }
  [[nodiscard]] const Clock& clock() const noexcept override { return inner_->clock(); }

 private:
  void do_view(FunctionRef<void(ReadTxn&)> body) override { old_->view(body); }
  void do_update(FunctionRef<void(WriteTxn&)> body, const UpdateOptions& options) override {
    inner_->update(
        [&](WriteTxn& txn) {
          body(txn);
          if (++updates_ % 3 != 0) return;
          old_->update([&](WriteTxn& copy) {
            copy.erase_range({});
            for (const auto& [key, value] : entries(txn)) {
              copy.put(as_bytes(key), as_bytes(value));
            }
          });
        },
        options);
  }

  EnginePtr inner_;
  EnginePtr old_;
  int updates_ = 0;
};

}  // namespace

TEST(MemoryHistory, stale_engine_is_found_out) {
  const HistoryReport report = check_histories(
      {.engine = {.name = "stale",
                  .open = [](const EngineSettings&) { return std::make_shared<StaleEngine>(); },
                  .is_persistent = false},
       .threads = 4,
       .seed = seed()},
      10);
  EXPECT_GT(report.wrong, 5U);
}

}  // namespace larder::test
