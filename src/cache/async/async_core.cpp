// SPDX-License-Identifier: Apache-2.0

// Operations that wait have no thread. Those that can be done at once are posted to the executor,
// as many of each lane as its limit allows. Those that wait for another process or for another load
// are parked on the board, and one thread, the watcher, waits for all of them and for all limits in
// time at once.

#include <algorithm>
#include <string>
#include <utility>

#include "cache/async/board.h"
#include "cache/patience.h"
#include "cache/state.h"
#include "core/per_process.h"
#include "larder/cache/async.h"

namespace larder::detail {

namespace {

// If who pushed an item was killed before it could wake anybody.
constexpr std::chrono::seconds look_again{1};

// Who is being worked for in this thread: closing from within must not wait for itself.
class Working {
 public:
  explicit Working(const void* core) : core_(core), outer_(std::exchange(innermost, this)) {}
  ~Working() { innermost = outer_; }
  Working(const Working&) = delete;
  Working& operator=(const Working&) = delete;

  [[nodiscard]] static std::size_t count(const void* core) {
    std::size_t found = 0;
    for (const Working* at = innermost; at != nullptr; at = at->outer_) found += at->core_ == core;
    return found;
  }

 private:
  static thread_local const Working* innermost;
  const void* core_;
  const Working* outer_;
};

thread_local const Working* Working::innermost = nullptr;

}  // namespace

AsyncTask::AsyncTask(AsyncLane lane) : course_(std::make_unique<Course>(lane)) {}

AsyncTask::~AsyncTask() = default;

std::function<void()> AsyncTask::waker() {
  return [weak = weak_from_this()] {
    const AsyncTaskPtr task = weak.lock();
    if (task == nullptr) return;
    if (const auto core = task->course_->core.lock()) core->wake(task);
  };
}

class AsyncCore::Boards : public PerProcess<Board> {
  using PerProcess::PerProcess;
};

/// A task in the hands of the executor, which may drop it.
class AsyncCore::Posted {
 public:
  Posted(std::shared_ptr<AsyncCore> core, AsyncTaskPtr task, AsyncLane lane)
      : core_(std::move(core)),
        board_(core_->boards_->get()),
        task_(std::move(task)),
        lane_(lane) {}
  Posted(const Posted&) = delete;
  Posted& operator=(const Posted&) = delete;
  ~Posted() {
    if (!has_run_ && is_here()) core_->perform(board_->drop(task_, lane_));
  }

  void run() {
    has_run_ = true;
    if (is_here()) core_->run(task_, lane_);
  }

 private:
  // And not in the child of a fork, with which an event loop is copied.
  [[nodiscard]] bool is_here() const { return board_ == core_->boards_->get(); }

  std::shared_ptr<AsyncCore> core_;
  std::shared_ptr<Board> board_;
  AsyncTaskPtr task_;
  AsyncLane lane_;
  bool has_run_ = false;
};

AsyncCore::AsyncCore(Cache cache, AsyncOptions options)
    : cache_(std::move(cache)),
      options_(std::move(options)),
      has_own_threads_(!options_.work_on),
      boards_(std::make_unique<Boards>(
          [threads = options_.threads] { return std::make_shared<Board>(threads); })) {
  if (!has_own_threads_) return;
  pool_ = std::make_unique<ThreadPool>(std::max<std::size_t>(options_.threads, 4));
  options_.work_on = pool_->executor();
}

AsyncCore::~AsyncCore() = default;

void AsyncCore::start(const AsyncTaskPtr& task, const AsyncLimits& limits) {
  AsyncTask::Course& course = *task->course_;
  course.core = weak_from_this();
  course.stop = limits.stop;
  if (limits.within) course.deadline = deadline_in(*limits.within);
  perform(boards_->get()->add(task));
  if (!limits.stop.stop_possible()) return;
  course.on_stop.emplace(limits.stop, [weak = task->weak_from_this()] {
    const AsyncTaskPtr waiting = weak.lock();
    if (waiting == nullptr) return;
    if (const auto core = waiting->course_->core.lock()) core->stop(waiting);
  });
}

void AsyncCore::stop(const AsyncTaskPtr& task) { perform(boards_->get()->stop(task)); }

void AsyncCore::wake(const AsyncTaskPtr& task) { perform(boards_->get()->wake(task)); }

void AsyncCore::deliver(const Executor& resume_on, std::function<void()> call) {
  const auto told = [core = shared_from_this(), call = std::move(call)] {
    try {
      call();
    } catch (...) {
      core->report("a callback failed", std::current_exception());
    }
  };
  const Executor& executor = resume_on ? resume_on : options_.resume_on;
  const bool is_here =
      Working::count(this) > 0 || (boards_->get()->is_closed() && has_own_threads_);
  if (!executor && is_here) return told();
  try {
    (executor ? executor : options_.work_on)(told);
  } catch (...) {
    report("an executor took no callback", std::current_exception());
  }
}

Executor AsyncCore::loader_executor() {
  // As one more operation, whose answer nobody wants.
  class Errand : public AsyncTask {
   public:
    explicit Errand(std::function<void()> run) : AsyncTask(AsyncLane::load), run_(std::move(run)) {}

   private:
    AsyncStep attempt() override {
      std::exchange(run_, nullptr)();
      return {};
    }
    void answer(std::exception_ptr) override { run_ = nullptr; }

    std::function<void()> run_;
  };
  return [weak = weak_from_this()](std::function<void()> task) {
    if (const auto core = weak.lock()) core->start(std::make_shared<Errand>(std::move(task)), {});
  };
}

void AsyncCore::close() {
  const std::shared_ptr<Board> board = boards_->get();
  perform(board->close());
  board->wait_for_end(Working::count(this));
  pool_.reset();
}

void AsyncCore::perform(const Effects& effects) {
  for (const auto& [task, lane] : effects.posts) post(task, lane);
  for (const auto& [task, error] : effects.answers) task->answer(error);
  if (!effects.concerns_watcher) return;
  boards_->get()->alert([core = shared_from_this()] { core->watch(); });
}

void AsyncCore::post(const AsyncTaskPtr& task, AsyncLane lane) {
  const auto posted = std::make_shared<Posted>(shared_from_this(), task, lane);
  try {
    options_.work_on([posted] { posted->run(); });
  } catch (...) {
    report("an executor took no work", std::current_exception());
  }
}

void AsyncCore::run(const AsyncTaskPtr& task, AsyncLane lane) {
  const std::shared_ptr<Board> board = boards_->get();
  Effects effects;
  if (!board->begin(task, lane, effects)) return perform(effects);
  // Whatever fails below: who closes waits for it.
  struct Leave {
    Board& board;
    ~Leave() { board.leave(); }
  } const at_last{*board};
  const Working here(this);
  std::exception_ptr error;
  const AsyncStep step = attempt(*task, error);
  perform(board->end(task, lane, step, error));
}

AsyncStep AsyncCore::attempt(AsyncTask& task, std::exception_ptr& error) {
  const AsyncTask::Course& course = *task.course_;
  const std::shared_ptr<Board> board = boards_->get();
  const Patience patience(course.deadline.value_or(Clock::system().steady_now() + options_.timeout),
                          [&] { return board->is_closed() || course.stop.stop_requested(); });
  try {
    return task.attempt();
  } catch (...) {
    error = std::current_exception();
    return {};
  }
}

void AsyncCore::watch() {
  const std::shared_ptr<Board> board = boards_->get();
  for (;;) {
    Effects effects;
    const std::optional<Board::Outlook> outlook = board->look(effects);
    if (!outlook) return;
    // What it would tell the watcher, the watcher has just seen.
    effects.concerns_watcher = false;
    perform(effects);
    wait_any(outlook->awaited, board->bell(), outlook->rings, outlook->until);
  }
}

void AsyncCore::report(const char* what, const std::exception_ptr& error) {
  std::string why;
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& caught) {
    why = caught.what();
  } catch (...) {
    why = "not an exception of the standard library";
  }
  CacheAccess::core(cache_)->state().log(LogLevel::warning,
                                         std::string("cache: ") + what + ": " + why);
}

SteadyTime deadline_in(std::chrono::nanoseconds time) {
  return Clock::system().steady_now() +
         std::min<std::chrono::nanoseconds>(time, std::chrono::years{1});
}

AsyncStep wait_for_item(const Cache& items, SteadyTime deadline) {
  const CacheCore::State& state = CacheAccess::core(items)->state();
  if (state.is_read_only) throw read_only_error(state.path);
  const Bytes name = to_bytes(state.layout.prefix());
  return {.next = AsyncStep::Next::wait,
          .change = std::make_shared<const Awaited>(Awaited{
              .engine = state.engine, .name = name, .seen = state.engine->notifications(name)}),
          .look_again = std::min<SteadyTime>(deadline, Clock::system().steady_now() + look_again)};
}

}  // namespace larder::detail

namespace larder {

AsyncCache::AsyncCache(Cache cache, AsyncOptions options)
    : core_(std::make_shared<detail::AsyncCore>(std::move(cache), std::move(options))) {}

AsyncCache::~AsyncCache() { core_->close(); }

}  // namespace larder
