// SPDX-License-Identifier: Apache-2.0
#include "support/subject.h"

#include <utility>

namespace larder::test {

namespace {

class EngineSubject final : public Subject {
 public:
  explicit EngineSubject(EnginePtr engine) : engine_(std::move(engine)) {}

  [[nodiscard]] std::optional<std::string> get(std::string_view key) override {
    return test::get(*engine_, key);
  }
  void put(std::string_view key, std::string_view value) override {
    test::put(*engine_, key, value);
  }
  bool erase(std::string_view key) override {
    return engine_->update([&](WriteTxn& txn) { return txn.erase(as_bytes(key)); },
                           {.frees_space = true});
  }
  void transact(FunctionRef<void()> body) override {
    engine_->update([&](WriteTxn&) { body(); });
  }
  [[nodiscard]] Entries all() override { return entries(*engine_); }
  void sync() override { engine_->sync(); }

 private:
  EnginePtr engine_;
};

}  // namespace

std::unique_ptr<Subject> engine_subject(EnginePtr engine) {
  return std::make_unique<EngineSubject>(std::move(engine));
}

}  // namespace larder::test
