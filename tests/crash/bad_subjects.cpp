// SPDX-License-Identifier: Apache-2.0
#include "crash/bad_subjects.h"

#include <map>
#include <mutex>
#include <utility>

#include "larder/core/error.h"

namespace larder::test {

namespace {

class Forwarding : public Subject {
 public:
  explicit Forwarding(std::unique_ptr<Subject> inner) : inner_(std::move(inner)) {}
  [[nodiscard]] std::optional<std::string> get(std::string_view key) override {
    return inner_->get(key);
  }
  void put(std::string_view key, std::string_view value) override { inner_->put(key, value); }
  bool erase(std::string_view key) override { return inner_->erase(key); }
  void transact(FunctionRef<void()> body) override { inner_->transact(body); }
  [[nodiscard]] Entries all() override { return inner_->all(); }
  void sync() override { inner_->sync(); }

 protected:
  Subject& inner() { return *inner_; }

 private:
  std::unique_ptr<Subject> inner_;
};

class AcknowledgingEarly final : public Forwarding {
 public:
  using Forwarding::Forwarding;
  ~AcknowledgingEarly() override { flush(); }

  void put(std::string_view key, std::string_view value) override {
    const std::lock_guard lock(mutex_);
    if (in_transaction_) return Forwarding::put(key, value);
    pending_[std::string(key)] = value;
    if (pending_.size() >= 4) flush();
  }
  bool erase(std::string_view key) override {
    const std::lock_guard lock(mutex_);
    pending_.erase(std::string(key));
    return Forwarding::erase(key);
  }
  void transact(FunctionRef<void()> body) override {
    in_transaction_ = true;
    Forwarding::transact(body);
    in_transaction_ = false;
  }

 private:
  void flush() {
    for (const auto& [key, value] : pending_) Forwarding::put(key, value);
    pending_.clear();
  }

  std::mutex mutex_;
  std::map<std::string, std::string> pending_;
  static thread_local bool in_transaction_;
};

thread_local bool AcknowledgingEarly::in_transaction_ = false;

class WithoutTransactions final : public Forwarding {
 public:
  using Forwarding::Forwarding;
  void transact(FunctionRef<void()> body) override { body(); }
};

class IgnoringFull final : public Forwarding {
 public:
  using Forwarding::Forwarding;
  void put(std::string_view key, std::string_view value) override {
    try {
      Forwarding::put(key, value);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::full) throw;
    }
  }
};

template <typename Wrapper>
OpenSubject wrapped(OpenSubject inner) {
  return [inner = std::move(inner)](const EngineSettings& settings) -> std::unique_ptr<Subject> {
    return std::make_unique<Wrapper>(inner(settings));
  };
}

}  // namespace

OpenSubject acknowledging_early(OpenSubject inner) {
  return wrapped<AcknowledgingEarly>(std::move(inner));
}

OpenSubject without_transactions(OpenSubject inner) {
  return wrapped<WithoutTransactions>(std::move(inner));
}

OpenSubject ignoring_full(OpenSubject inner) { return wrapped<IgnoringFull>(std::move(inner)); }

}  // namespace larder::test
