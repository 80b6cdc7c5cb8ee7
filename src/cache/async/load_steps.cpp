// SPDX-License-Identifier: Apache-2.0

// get_or_load without a thread that waits: a load in this process calls a listener when it has
// landed, and one in another process notifies the engine. A ticket is held only while its load
// runs: others may wait for it with all the threads there are.

#include "larder/cache/detail/load_steps.h"

#include <utility>

#include "cache/loading.h"
#include "engine/notifications.h"
#include "larder/core/error.h"

namespace larder::detail {

namespace {

// If the process that loads dies, which notifies nobody.
constexpr std::chrono::milliseconds look_again{100};

}  // namespace

struct CacheCore::LoadSteps::State {
  enum class Step {
    look,        // whether there is a value
    look_again,  // the same, after another process has loaded
    join,        // whoever loads in this process, or load
    listen,      // to the load in this process
  };

  /// Where the load in this process leaves what came of it.
  struct Landing {
    Mutex mutex;
    Flights::OutcomePtr outcome LARDER_GUARDED_BY(mutex);
  };

  State(CacheCore& core_, Key key_, LoadType type_, LoadOptions options_)
      : core(core_),
        key(std::move(key_)),
        type(type_),
        options(std::move(options_)),
        loading(core, key, options, type, std::nullopt) {}

  CacheCore& core;
  Key key;
  LoadType type;
  LoadOptions options;
  Loading loading;
  Step step = Step::look;
  std::optional<SteadyTime> deadline = std::nullopt;     // once it has to wait
  std::shared_ptr<const Awaited> end_of_load = nullptr;  // in another process, since the last look
  std::shared_ptr<Landing> landing = nullptr;
  bool has_place = false;  // in the lane where loaders may run

  // Until its waker is called, at the latest at the deadline.
  [[nodiscard]] AsyncStep wait() {
    has_place = false;
    if (Clock::system().steady_now() >= *deadline) {
      throw Error(ErrorKind::unavailable, "cache: another caller did not load the value in time");
    }
    return {.next = AsyncStep::Next::wait, .look_again = deadline};
  }

  [[nodiscard]] AsyncStep wait_for_other_process() {
    step = Step::look_again;
    AsyncStep next = wait();
    next.change = end_of_load;
    next.look_again = std::min<SteadyTime>(*deadline, Clock::system().steady_now() + look_again);
    return next;
  }

  // Returns whether there is a value.
  bool look(LoadCall call, EntryVisitor visit) {
    end_of_load = std::make_shared<const Awaited>(
        Awaited{.engine = core.state_->engine,
                .name = loading.name(),
                .seen = core.state_->engine->notifications(loading.name())});
    if (std::exchange(step, Step::join) == Step::look) {
      if (core.find_or_refresh(key, type, options, call, visit)) return true;
      deadline = loading.deadline();
      return false;
    }
    const std::optional<LoadOutcome> outcome = loading.renewed();
    return outcome && Loading::show(*outcome, visit);
  }

  [[nodiscard]] Flights::Listener listener(AsyncTask& task) {
    landing = std::make_shared<Landing>();
    return [landing = landing, wake = task.waker()](const Flights::OutcomePtr& outcome) {
      {
        const MutexLock lock(landing->mutex);
        landing->outcome = outcome;
      }
      wake();
    };
  }

  [[nodiscard]] Flights::OutcomePtr landed() const {
    const MutexLock lock(landing->mutex);
    return landing->outcome;
  }
};

CacheCore::LoadSteps::LoadSteps(CacheCore& core, Key key, LoadType type, LoadOptions options)
    : state_(std::make_unique<State>(core.parts_.empty() ? core : *core.part_of(key),
                                     std::move(key), type, std::move(options))) {}

CacheCore::LoadSteps::~LoadSteps() = default;

AsyncStep CacheCore::LoadSteps::go_on(AsyncTask& task, LoadCall call, EntryVisitor visit) {
  State& at = *state_;
  if (at.step == State::Step::listen) {
    const Flights::OutcomePtr outcome = at.landed();
    if (outcome == nullptr) return at.wait();
    if (Loading::show(*outcome, visit)) return {};
    return at.wait_for_other_process();
  }
  if (at.step != State::Step::join && at.look(call, visit)) return {};
  const bool is_shared = !at.core.state_->is_read_only;
  if (!at.has_place && !(is_shared && at.loading.listen(at.listener(task)))) {
    at.has_place = true;
    return {.next = AsyncStep::Next::load};
  }
  if (!is_shared) {
    Loading::run_for_nobody_else(call.run);
    return {};
  }
  Flights::TicketPtr ticket;
  if (at.has_place) ticket = at.loading.start_or_listen(at.listener(task));
  if (ticket == nullptr) {
    at.step = State::Step::listen;
    return at.wait();
  }
  if (at.loading.run_and_show(*ticket, call.run, visit, no_wait)) return {};
  return at.wait_for_other_process();
}

}  // namespace larder::detail
