// SPDX-License-Identifier: Apache-2.0
#include "crash/careless_engine.h"

#include <utility>

namespace larder::test {

namespace {

class CarelessTxn final : public WriteTxn {
 public:
  explicit CarelessTxn(WriteTxn& inner) noexcept : inner_(inner) {}

 private:
  std::optional<BytesView> do_get(BytesView key) override { return inner_.get(key); }
  void do_scan(const KeyRange& range, Direction direction,
               FunctionRef<Visit(BytesView, BytesView)> visit) override {
    inner_.scan(range, direction, visit);
  }
  void do_put(BytesView key, BytesView value) override { inner_.put(key, value); }
  bool do_erase(BytesView key) override { return inner_.erase(key); }
  std::uint64_t do_erase_range(const KeyRange& range) override { return inner_.erase_range(range); }
  void do_at_end(std::function<void(UpdateEnd)> hook) override { inner_.at_end(std::move(hook)); }
  void do_when_durable(std::function<void()> hook) override {
    inner_.at_end([hook = std::move(hook)](UpdateEnd end) {
      if (end == UpdateEnd::committed) hook();
    });
  }
  void do_needs_file(std::string) override {}

  WriteTxn& inner_;
};

class CarelessEngine final : public Engine {
 public:
  explicit CarelessEngine(EnginePtr inner) noexcept : inner_(std::move(inner)) {}

  [[nodiscard]] bool is_in_transaction() override { return inner_->is_in_transaction(); }
  void sync() override { inner_->sync(); }
  std::span<std::byte> shared_memory(std::string_view name, std::size_t size) override {
    return inner_->shared_memory(name, size);
  }
  ClaimPtr claim(BytesView name, SteadyTime deadline) override {
    return inner_->claim(name, deadline);
  }
  [[nodiscard]] std::uint64_t presence() override { return inner_->presence(); }
  [[nodiscard]] bool is_present(std::uint64_t presence) override {
    return inner_->is_present(presence);
  }
  EngineInfo info() override { return inner_->info(); }
  [[nodiscard]] EnginePlace place() const override { return inner_->place(); }
  [[nodiscard]] const Clock& clock() const noexcept override { return inner_->clock(); }

 private:
  void do_view(FunctionRef<void(ReadTxn&)> body) override { inner_->view(body); }
  void do_update(FunctionRef<void(WriteTxn&)> body, const UpdateOptions& options) override {
    inner_->update(
        [&](WriteTxn& txn) {
          CarelessTxn careless(txn);
          body(careless);
        },
        options);
  }

  EnginePtr inner_;
};

}  // namespace

EnginePtr make_careless(EnginePtr inner) {
  return std::make_shared<CarelessEngine>(std::move(inner));
}

}  // namespace larder::test
