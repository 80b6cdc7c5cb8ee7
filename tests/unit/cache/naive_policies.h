// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cache/policy/frequency_sketch.h"
#include "cache/policy/key_hash.h"
#include "larder/cache/options.h"
#include "larder/key/key.h"

namespace larder::test {

/// An eviction policy as simple as it can be: every question is answered by looking at everything,
/// nothing is shared, packed or sampled. Entries are known by ids that grow.
class NaivePolicy {
 public:
  NaivePolicy() = default;
  NaivePolicy(const NaivePolicy&) = delete;
  NaivePolicy& operator=(const NaivePolicy&) = delete;
  virtual ~NaivePolicy() = default;

  virtual void use(std::uint64_t id, int key) = 0;
  virtual void store(std::uint64_t id, int key) = 0;
  virtual void remove(std::uint64_t id, int key, bool is_evicted) = 0;
  virtual std::uint64_t victim() = 0;
};

/// Policies that compare one number for each entry: the lowest goes, the oldest of several.
class NaiveScores : public NaivePolicy {
 public:
  void remove(std::uint64_t id, int /*key*/, bool /*is_evicted*/) override { scores_.erase(id); }
  std::uint64_t victim() override {
    return std::ranges::min_element(scores_, {}, [](const auto& entry) { return entry.second; })
        ->first;
  }

 protected:
  std::map<std::uint64_t, std::int64_t> scores_;
};

class NaiveFifo final : public NaiveScores {
 public:
  void use(std::uint64_t /*id*/, int /*key*/) override {}
  void store(std::uint64_t id, int /*key*/) override { scores_[id] = 0; }
};

class NaiveLru final : public NaiveScores {
 public:
  void use(std::uint64_t id, int /*key*/) override { scores_[id] = ++now_; }
  void store(std::uint64_t id, int key) override { use(id, key); }

 private:
  std::int64_t now_ = 0;
};

class NaiveMru final : public NaiveScores {
 public:
  void use(std::uint64_t id, int /*key*/) override { scores_[id] = --now_; }
  void store(std::uint64_t id, int key) override { use(id, key); }

 private:
  std::int64_t now_ = 0;
};

class NaiveLfu final : public NaiveScores {
 public:
  void use(std::uint64_t id, int /*key*/) override { ++scores_[id]; }
  void store(std::uint64_t id, int /*key*/) override { scores_[id] = 1; }
};

class NaiveSieve final : public NaivePolicy {
 public:
  void use(std::uint64_t id, int /*key*/) override { visited_[id] = true; }
  void store(std::uint64_t id, int /*key*/) override { visited_[id] = false; }
  void remove(std::uint64_t id, int /*key*/, bool /*is_evicted*/) override { visited_.erase(id); }
  std::uint64_t victim() override {
    for (;;) {
      auto at = visited_.lower_bound(hand_);
      if (at == visited_.end()) at = visited_.begin();
      const std::uint64_t id = at->first;
      const auto next = std::next(at);
      hand_ = next == visited_.end() ? 0 : next->first;
      if (!at->second) return id;
      at->second = false;
    }
  }

 private:
  std::map<std::uint64_t, bool> visited_;
  std::uint64_t hand_ = 0;
};

/// What has gone leaves the main queue when its turn comes.
class NaiveS3Fifo final : public NaivePolicy {
 public:
  void use(std::uint64_t id, int /*key*/) override { uses_[id] = std::min(uses_[id] + 1, 3); }

  void store(std::uint64_t id, int key) override {
    uses_[id] = 0;
    const auto ghost = ghosts_.find(key);
    const bool is_back = ghost != ghosts_.end() && evicted_ - ghost->second < reach_;
    if (ghost != ghosts_.end()) ghosts_.erase(ghost);
    if (is_back) {
      main_.push_back(id);
    } else {
      small_.push_back(id);
    }
  }

  void remove(std::uint64_t id, int key, bool is_evicted) override {
    uses_.erase(id);
    std::erase(small_, id);
    if (is_evicted && id == left_small_) ghosts_[key] = ++evicted_;
  }

  std::uint64_t victim() override {
    const std::size_t share = std::max<std::size_t>(uses_.size() / 10, 1);
    reach_ = uses_.size() - share;
    for (;;) {
      const std::size_t in_small = uses_.size() - std::min(uses_.size(), main_.size());
      std::deque<std::uint64_t>& queue = in_small >= share && !small_.empty() ? small_ : main_;
      const std::uint64_t id = queue.front();
      queue.pop_front();
      if (!uses_.contains(id)) continue;
      if (&queue == &small_) {
        if (uses_[id] <= 1) return left_small_ = id;
        uses_[id] = 0;
      } else {
        if (uses_[id] == 0) return id;
        --uses_[id];
      }
      main_.push_back(id);
    }
  }

 private:
  std::map<std::uint64_t, int> uses_;
  std::deque<std::uint64_t> small_;
  std::deque<std::uint64_t> main_;
  std::map<int, std::uint64_t> ghosts_;  // when they were evicted
  std::uint64_t evicted_ = 0;
  std::uint64_t reach_ = 0;
  std::uint64_t left_small_ = 0;
};

/// Queues with marks of use, as the real one, whose sketch it takes. What has gone leaves the main
/// part when its turn comes.
class NaiveWTinyLfu final : public NaivePolicy {
 public:
  void use(std::uint64_t id, int key) override {
    entries_[id].is_used = true;
    sketch_.add(hash(key));
  }
  void store(std::uint64_t id, int key) override {
    entries_[id] = {.key = key};
    window_.push_back(id);
    sketch_.add(hash(key));
    sketch_.age();
  }
  void remove(std::uint64_t id, int /*key*/, bool /*is_evicted*/) override {
    entries_.erase(id);
    std::erase(window_, id);
  }

  std::uint64_t victim() override {
    const std::size_t share = std::max<std::size_t>(entries_.size() / 100, 1);
    sketch_.set_period(10 * entries_.size());
    for (int i = 0; i < 64 && !window_.empty() && main_size() < entries_.size() - share; ++i) {
      probation_.push_back(pop(window_));
    }
    const std::uint64_t victim = victim_of_main();
    const std::size_t in_window = entries_.size() - std::min(entries_.size(), main_size());
    if (window_.empty() || (in_window < share && victim != 0)) {
      probation_.pop_front();
      return victim;
    }
    const std::uint64_t candidate = pop(window_);
    if (victim == 0 || frequency(candidate) <= frequency(victim)) return candidate;
    probation_.pop_front();
    probation_.push_back(candidate);
    return victim;
  }

 private:
  using Queue = std::deque<std::uint64_t>;
  struct Entry {
    int key = 0;
    bool is_used = false;
  };

  static std::uint64_t hash(int key) { return detail::key_hash(Key(key).bytes()); }
  static std::uint64_t pop(Queue& queue) {
    const std::uint64_t id = queue.front();
    queue.pop_front();
    return id;
  }
  [[nodiscard]] std::size_t main_size() const { return probation_.size() + guarded_.size(); }
  unsigned frequency(std::uint64_t id) { return sketch_.frequency(hash(entries_.at(id).key)); }

  // 0 if there is none.
  std::uint64_t victim_of_main() {
    for (;;) {
      if (probation_.empty() && guarded_.empty()) return 0;
      if (probation_.empty()) {
        const std::uint64_t id = pop(guarded_);
        if (entries_.contains(id)) probation_.push_back(id);
        continue;
      }
      const std::uint64_t id = probation_.front();
      const auto entry = entries_.find(id);
      if (entry != entries_.end() && !entry->second.is_used) return id;
      probation_.pop_front();
      if (entry != entries_.end()) {
        entry->second.is_used = false;
        guarded_.push_back(id);
      }
      shrink_guarded();
    }
  }

  void shrink_guarded() {
    while (guarded_.size() * 5 > main_size() * 4) {
      const std::uint64_t id = pop(guarded_);
      const auto entry = entries_.find(id);
      if (entry == entries_.end()) continue;
      (std::exchange(entry->second.is_used, false) ? guarded_ : probation_).push_back(id);
    }
  }

  std::map<std::uint64_t, Entry> entries_;
  Queue window_;
  Queue probation_;
  Queue guarded_;
  std::vector<detail::FrequencySketch::Word> words_{1024};
  detail::FrequencySketch::Age age_{};
  detail::FrequencySketch sketch_{age_, words_};
};

[[nodiscard]] inline std::unique_ptr<NaivePolicy> naive_policy(Eviction eviction) {
  switch (eviction) {
    case Eviction::lru:
      return std::make_unique<NaiveLru>();
    case Eviction::lfu:
      return std::make_unique<NaiveLfu>();
    case Eviction::mru:
      return std::make_unique<NaiveMru>();
    case Eviction::sieve:
      return std::make_unique<NaiveSieve>();
    case Eviction::s3_fifo:
      return std::make_unique<NaiveS3Fifo>();
    case Eviction::w_tinylfu:
      return std::make_unique<NaiveWTinyLfu>();
    default:
      return std::make_unique<NaiveFifo>();
  }
}

}  // namespace larder::test
