// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/json.h"
#include "cli/place.h"
#include "larder/cache/queue.h"
#include "larder/codec/standard.h"
#include "larder/core/io.h"

namespace larder::cli {
namespace {

constexpr std::string_view push_help = R"(Put a value into a queue.

Usage:
  larder push [OPTION]... STORE QUEUE [VALUE]

The value is read from standard input if VALUE is - or missing. The queue QUEUE
is beside the keys of STORE, which is made if it is missing.

Options:
  --front           Put it at the front, to be the next one.
  --ttl DURATION    It expires after so long: 90s, 5m, 1h30m, 2d.
  --tag TAG         A label. May be repeated.
  -q, --quiet       Say nothing but errors.
  -v, --verbose     Say which number it got.
  -h, --help        Show this.

Examples:
  larder push /var/tmp/site jobs 'resize photo 42'

Exit codes:
  0 pushed   1 failed   2 usage   4 store damaged   5 store busy
)";

constexpr std::string_view pull_help = R"(Take the next value out of a queue.

Usage:
  larder pull [OPTION]... STORE QUEUE

Each value goes to one of all who pull. It is gone from the queue then: whether
the work that it stands for succeeds is up to you.

Options:
  --back            Take the last one.
  --wait DURATION   Wait so long for one, if there is none.
  -q, --quiet       Say nothing but errors.
  -v, --verbose     Say what is going on.
  -h, --help        Show this.

Examples:
  while job=$(larder pull --wait 1h /var/tmp/site jobs); do ./work "$job"; done

Exit codes:
  0 written to stdout   1 failed   2 usage   3 there is none   4 store damaged
  5 store busy
)";

constexpr std::string_view peek_help = R"(Show the next value of a queue, which stays.

Usage:
  larder peek [OPTION]... STORE QUEUE

Options:
  --back            Show the last one.
  -q, --quiet       Say nothing but errors.
  -v, --verbose     Say what is going on.
  -h, --help        Show this.

Examples:
  larder peek /var/tmp/site jobs

Exit codes:
  0 written to stdout   1 failed   2 usage   3 there is none   4 store damaged
  5 store busy
)";

constexpr std::string_view queues_help = R"(List the queues of a store.

Usage:
  larder queues [OPTION]... STORE

Writes the name of each queue and how many values are in it.

Options:
  --json            Write a JSON object for each queue.
  -q, --quiet       Say nothing but errors.
  -v, --verbose     Say what is going on.
  -h, --help        Show this.

Examples:
  larder queues /var/tmp/site

Exit codes:
  0 done   1 failed   2 usage   4 store damaged   5 store busy
)";

/// Opens a queue that exists; nothing if there is none: looking must not create anything.
std::optional<Queue> open_queue(const std::string& store, const std::string& name,
                                const Console& console, OpenMode mode) {
  const Cache cache = open_existing_store(store, console, mode);
  const std::vector<std::string> names = Queue::names(cache);
  if (std::ranges::find(names, name) == names.end()) return std::nullopt;
  return Queue(cache, name);
}

Bytes read_input() {
  Bytes all;
  Bytes buffer(std::size_t{64} << 10U);
  for (;;) {
    const ssize_t size = Io::system().read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size < 0) throw system_error(static_cast<int>(-size), "cannot read standard input");
    if (size == 0) return all;
    append(all, BytesView(buffer).first(static_cast<std::size_t>(size)));
  }
}

class Push final : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.flag("--front", front_);
    arguments.value("--ttl", [this](const std::string& text) { put_.ttl = parse_duration(text); });
    arguments.texts("--tag", put_.tags);
    arguments.required("STORE", store_);
    arguments.required("QUEUE", queue_);
    arguments.optional("VALUE", value_);
  }

  int execute(const Console& console) override {
    const Bytes value = value_ && *value_ != "-" ? to_bytes(as_bytes(*value_)) : read_input();
    Queue queue(open_or_make_store(store_, console), queue_);
    const std::int64_t id = queue.push(value, front_ ? Side::front : Side::back, put_);
    console.note("pushed as number " + std::to_string(id));
    return static_cast<int>(ExitCode::done);
  }

 private:
  std::string store_;
  std::string queue_;
  std::optional<std::string> value_;
  PutOptions put_;
  bool front_ = false;
};

/// Programs push text as well as bytes: `take` is called with the type that it is.
template <typename Take>
int show_item(const Console& console, Take take) {
  std::optional<std::string> shown;
  try {
    if (const auto item = take(Bytes())) shown = std::string(as_text(item->value));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid_argument) throw;
    if (const auto item = take(std::string())) shown = item->value;
  }
  if (!shown) {
    console.note("the queue is empty");
    return static_cast<int>(ExitCode::absent);
  }
  print(*shown);
  return static_cast<int>(ExitCode::done);
}

class Pull final : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.flag("--back", back_);
    arguments.value("--wait", [this](const std::string& text) { wait_ = parse_duration(text); });
    arguments.required("STORE", store_);
    arguments.required("QUEUE", queue_);
  }

  int execute(const Console& console) override {
    // Who waits does so for a queue that is still to come, too.
    std::optional<Queue> queue = wait_ > Duration::zero()
                                     ? Queue(open_or_make_store(store_, console), queue_)
                                     : open_queue(store_, queue_, console, OpenMode::open);
    const Side side = back_ ? Side::back : Side::front;
    return show_item(console, [&]<typename Value>(const Value&) {
      return queue ? queue->pull_within<Value>(wait_, side) : std::nullopt;
    });
  }

 private:
  std::string store_;
  std::string queue_;
  Duration wait_ = Duration::zero();
  bool back_ = false;
};

class Peek final : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.flag("--back", back_);
    arguments.required("STORE", store_);
    arguments.required("QUEUE", queue_);
  }

  int execute(const Console& console) override {
    const std::optional<Queue> queue = open_queue(store_, queue_, console, OpenMode::read_only);
    const Side side = back_ ? Side::back : Side::front;
    return show_item(console, [&]<typename Value>(const Value&) {
      return queue ? queue->peek<Value>(side) : std::nullopt;
    });
  }

 private:
  std::string store_;
  std::string queue_;
  bool back_ = false;
};

class Queues final : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.flag("--json", is_json_);
    arguments.required("STORE", store_);
  }

  int execute(const Console& console) override {
    const Cache cache = open_existing_store(store_, console, OpenMode::read_only);
    for (const std::string& name : Queue::names(cache)) {
      const std::uint64_t size = Queue(cache, name).size();
      print(is_json_ ? JsonObject().text("queue", name).number("values", size).line()
                     : name + "  " + std::to_string(size) + "\n");
    }
    return static_cast<int>(ExitCode::done);
  }

 private:
  std::string store_;
  bool is_json_ = false;
};

}  // namespace

const CommandInfo push_command = {.name = "push", .help = push_help, .make = make_command<Push>};
const CommandInfo pull_command = {.name = "pull", .help = pull_help, .make = make_command<Pull>};
const CommandInfo peek_command = {.name = "peek", .help = peek_help, .make = make_command<Peek>};
const CommandInfo queues_command = {
    .name = "queues", .help = queues_help, .make = make_command<Queues>};

}  // namespace larder::cli
