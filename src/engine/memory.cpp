// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/memory_claims.h"
#include "engine/memory_generations.h"
#include "engine/memory_tree.h"
#include "engine/update_hooks.h"
#include "larder/core/error.h"
#include "larder/core/mutex.h"
#include "larder/core/process.h"
#include "larder/core/random.h"
#include "larder/engine/engine.h"

namespace larder {

namespace {

BytesView checked(BytesView key) {
  if (key.empty()) {
    throw Error(ErrorKind::invalid_argument, "empty key in a memory engine: use one byte or more");
  }
  return key;
}

/// A transaction over one tree, which only an update may change.
class MemoryTxn final : public WriteTxn {
 public:
  explicit MemoryTxn(MemoryTree tree) : tree_(std::move(tree)) {}
  MemoryTxn(MemoryTree tree, Random& random, UpdateHooks& hooks, MemoryGenerations& generations)
      : tree_(std::move(tree)), random_(&random), hooks_(&hooks), generations_(&generations) {}

  [[nodiscard]] const MemoryTree& tree() const noexcept { return tree_; }

 private:
  std::optional<BytesView> do_get(BytesView key) override { return tree_.get(checked(key)); }
  void do_scan(const KeyRange& range, Direction direction,
               FunctionRef<Visit(BytesView, BytesView)> visit) override {
    tree_.scan(range, direction, visit);
  }
  void do_put(BytesView key, BytesView value) override {
    tree_.put(checked(key), value, *random_);
    generations_->raise(key);
  }
  bool do_erase(BytesView key) override {
    generations_->raise(checked(key));
    return tree_.erase(key);
  }
  std::uint64_t do_erase_range(const KeyRange& range) override {
    generations_->raise_all();
    return tree_.erase_range(range);
  }
  void do_at_end(std::function<void(UpdateEnd)> hook) override { hooks_->add(std::move(hook)); }
  void do_when_durable(std::function<void()> hook) override {
    hooks_->add_durable(std::move(hook));
  }
  void do_needs_file(std::string) override {}  // there is no device

  MemoryTree tree_;
  Random* random_ = nullptr;
  UpdateHooks* hooks_ = nullptr;
  MemoryGenerations* generations_ = nullptr;
};

/// A closure that runs in this thread. Frames form a list from the innermost outwards.
struct Frame {
  const void* engine;
  MemoryTxn* txn;
  bool is_update;
  bool is_poisoned = false;
  Frame* outer = nullptr;
};

thread_local Frame* innermost = nullptr;

Frame* find_frame(const void* engine) {
  Frame* frame = innermost;
  while (frame != nullptr && frame->engine != engine) frame = frame->outer;
  return frame;
}

/// Puts a frame on the thread's list for one scope.
class FrameScope {
 public:
  explicit FrameScope(Frame& frame) : outer_(innermost) {
    frame.outer = outer_;
    innermost = &frame;
  }
  ~FrameScope() { innermost = outer_; }
  FrameScope(const FrameScope&) = delete;
  FrameScope& operator=(const FrameScope&) = delete;

 private:
  Frame* outer_;
};

struct alignas(4096) Page {
  std::byte bytes[4096];
};

class MemoryEngine final : public Engine {
 public:
  explicit MemoryEngine(EngineHooks hooks) : hooks_(std::move(hooks)) {}

  [[nodiscard]] bool is_in_transaction() override { return find_frame(this) != nullptr; }
  void sync() override {}
  std::span<std::byte> shared_memory(std::string_view name, std::size_t size) override;
  ClaimPtr claim(BytesView name, SteadyTime deadline) override {
    return claims_.take(name, deadline);
  }
  [[nodiscard]] std::uint64_t sequence() override { return generations_.published(); }
  [[nodiscard]] const std::atomic<std::uint64_t>* generation(BytesView key) override {
    return generations_.of(key);
  }
  EngineInfo info() override;
  [[nodiscard]] const Clock& clock() const noexcept override { return *hooks_.clock; }

 private:
  struct Block {
    std::size_t size = 0;
    std::vector<Page> pages = {};
  };

  /// The right to update, given back at the end of the scope.
  class WriterTurn {
   public:
    WriterTurn(MemoryEngine& engine, SteadyTime deadline) : engine_(engine) {
      engine_.begin_turn(deadline);
    }
    ~WriterTurn() { engine_.end_turn(); }
    WriterTurn(const WriterTurn&) = delete;
    WriterTurn& operator=(const WriterTurn&) = delete;

   private:
    MemoryEngine& engine_;
  };

  void do_view(FunctionRef<void(ReadTxn&)> body) override;
  void do_update(FunctionRef<void(WriteTxn&)> body, const UpdateOptions& options) override;
  static void join(Frame& outer, FunctionRef<void(WriteTxn&)> body);
  void begin_turn(SteadyTime deadline);
  void end_turn();
  [[nodiscard]] MemoryTree current();
  void publish(const MemoryTree& tree);

  EngineHooks hooks_;
  MemoryClaims claims_;
  Random random_{1};  // priorities only: which ones does not matter; used by the writer alone
  std::uint64_t edits_ = 0;  // used by the writer alone
  MemoryGenerations generations_;
  Mutex mutex_;
  CondVar turn_ended_;
  MemoryTree tree_ LARDER_GUARDED_BY(mutex_);
  bool is_writing_ LARDER_GUARDED_BY(mutex_) = false;
  std::uint64_t writer_generation_ LARDER_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Block, std::less<>> blocks_ LARDER_GUARDED_BY(mutex_);
};

void MemoryEngine::do_view(FunctionRef<void(ReadTxn&)> body) {
  if (const Frame* running = find_frame(this)) {
    Frame frame{.engine = this, .txn = running->txn, .is_update = false};
    const FrameScope scope(frame);
    body(*frame.txn);
    return;
  }
  MemoryTxn txn(current());
  Frame frame{.engine = this, .txn = &txn, .is_update = false};
  const FrameScope scope(frame);
  body(txn);
}

void MemoryEngine::do_update(FunctionRef<void(WriteTxn&)> body, const UpdateOptions& options) {
  if (Frame* running = find_frame(this)) {
    if (!running->is_update) {
      throw Error(ErrorKind::invalid_argument,
                  "update of a memory engine inside a view of the same thread: start it outside");
    }
    return join(*running, body);
  }
  UpdateHooks hooks;  // before the turn: they run after it
  const WriterTurn turn(
      *this, options.deadline.value_or(hooks_.clock->steady_now() + LmdbOptions{}.timeout));
  MemoryTree tree = current();
  tree.begin_edit(++edits_);
  MemoryTxn txn(std::move(tree), random_, hooks, generations_);
  Frame frame{.engine = this, .txn = &txn, .is_update = true};
  {
    const FrameScope scope(frame);
    body(txn);
  }
  if (frame.is_poisoned) {
    throw Error(ErrorKind::invalid_argument,
                "update of a memory engine after an update inside it failed: nothing was changed; "
                "let the inner exception pass");
  }
  publish(txn.tree());
  generations_.publish();
  hooks.committed();
  hooks.durable();
}

void MemoryEngine::join(Frame& outer, FunctionRef<void(WriteTxn&)> body) {
  try {
    body(*outer.txn);
  } catch (...) {
    outer.is_poisoned = true;
    throw;
  }
}

void MemoryEngine::begin_turn(SteadyTime deadline) {
  const MutexLock lock(mutex_);
  // A writer that ran when this process was forked does not run here.
  if (writer_generation_ != fork_generation()) is_writing_ = false;
  while (is_writing_) {
    const auto left = deadline - hooks_.clock->steady_now();
    if (left <= std::chrono::nanoseconds::zero()) {
      throw Error(ErrorKind::unavailable,
                  "update of a memory engine: another update did not end in time; try again");
    }
    // In slices, because an injected clock may move on its own.
    turn_ended_.wait_for(mutex_,
                         std::min<std::chrono::nanoseconds>(left, std::chrono::milliseconds{20}));
  }
  is_writing_ = true;
  writer_generation_ = fork_generation();
}

void MemoryEngine::end_turn() {
  {
    const MutexLock lock(mutex_);
    is_writing_ = false;
  }
  turn_ended_.notify_one();
}

MemoryTree MemoryEngine::current() {
  const MutexLock lock(mutex_);
  return tree_;
}

void MemoryEngine::publish(const MemoryTree& tree) {
  // The old tree is freed after the lock is released.
  MemoryTree next = tree;
  const MutexLock lock(mutex_);
  std::swap(tree_, next);
}

std::span<std::byte> MemoryEngine::shared_memory(std::string_view name, std::size_t size) {
  if (name.empty() || size == 0 || name.find('/') != std::string_view::npos) {
    throw Error(ErrorKind::invalid_argument,
                "shared memory '" + std::string(name) + "': needs a file name and a size");
  }
  const MutexLock lock(mutex_);
  auto found = blocks_.find(name);
  if (found == blocks_.end()) {
    Block block{.size = size};
    block.pages.resize((size + sizeof(Page) - 1) / sizeof(Page));
    found = blocks_.emplace(name, std::move(block)).first;
  }
  Block& block = found->second;
  if (block.size != size) {
    throw Error(ErrorKind::invalid_argument, "shared memory '" + std::string(name) + "' has " +
                                                 std::to_string(block.size) + " bytes, not " +
                                                 std::to_string(size) + ": use one size");
  }
  return {block.pages.front().bytes, size};
}

EngineInfo MemoryEngine::info() {
  const MemoryTree tree = current();
  return {.uri = "memory://", .entries = tree.entries(), .used_bytes = tree.bytes()};
}

}  // namespace

EnginePtr open_memory_engine(EngineHooks hooks) {
  return std::make_shared<MemoryEngine>(std::move(hooks));
}

}  // namespace larder
