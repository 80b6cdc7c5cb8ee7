// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/json.h"
#include "cli/key_text.h"
#include "cli/place.h"
#include "cli/stored_value.h"
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
  --json            Write one JSON object with the number that it got.
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

Each value goes to one of all who pull. Once it is written, it is gone from the
queue: whether the work that it stands for succeeds is up to you. What cannot be
written stays. Who reads slowly keeps others from changing the store.

Options:
  --back            Take the last one.
  --wait DURATION   Wait so long for one, if there is none. STORE is made if it
                    is missing.
  --json            Write one JSON object with the value and what is known of
                    it. A value that is not UTF-8 is given in base 64.
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
  --json            Write one JSON object, as pull does.
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
    arguments.flag("--json", is_json_);
    arguments.required("STORE", store_);
    arguments.required("QUEUE", queue_);
    arguments.optional("VALUE", value_);
  }

  int execute(const Console& console) override {
    const Bytes value = value_ && *value_ != "-" ? to_bytes(as_bytes(*value_)) : read_input();
    Queue queue(open_or_make_store(store_, console), queue_);
    const std::int64_t id = queue.push(value, front_ ? Side::front : Side::back, put_);
    console.note("pushed as number " + std::to_string(id));
    if (is_json_) print(JsonObject().text("queue", queue_).integer("id", id).line());
    return static_cast<int>(ExitCode::done);
  }

 private:
  std::string store_;
  std::string queue_;
  std::optional<std::string> value_;
  PutOptions put_;
  bool front_ = false;
  bool is_json_ = false;
};

/// An item whatever the type of its value.
struct ShownItem {
  std::int64_t id = 0;
  Bytes value = {};
  WallTime stored_at = {};
  std::optional<WallTime> expires_at = std::nullopt;
  std::vector<std::string> tags = {};
};

Bytes as_plain_bytes(const Bytes& value) { return value; }
Bytes as_plain_bytes(const std::string& value) { return to_bytes(as_bytes(value)); }

template <typename Value>
std::optional<ShownItem> to_shown(const std::optional<QueueItem<Value>>& item) {
  if (!item) return std::nullopt;
  return ShownItem{.id = item->id,
                   .value = as_plain_bytes(item->value),
                   .stored_at = item->stored_at,
                   .expires_at = item->expires_at,
                   .tags = item->tags};
}

/// Programs push text as well as bytes: `take` is called with the type that it is.
template <typename Take>
std::optional<ShownItem> take_item(Take take) {
  try {
    return to_shown(take(Bytes()));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid_argument) throw;
    return to_shown(take(std::string()));
  }
}

/// What pull and peek have in common.
class ItemCommand : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.flag("--back", back_);
    arguments.flag("--json", is_json_);
    arguments.required("STORE", store_);
    arguments.required("QUEUE", queue_);
  }

 protected:
  [[nodiscard]] const std::string& store() const noexcept { return store_; }
  [[nodiscard]] const std::string& queue() const noexcept { return queue_; }
  [[nodiscard]] Side side() const noexcept { return back_ ? Side::back : Side::front; }

  [[nodiscard]] int show(const std::optional<ShownItem>& item, const Console& console) const {
    if (!item) {
      console.note("the queue is empty");
      return static_cast<int>(ExitCode::absent);
    }
    if (!is_json_) {
      print(as_text(item->value));
      return static_cast<int>(ExitCode::done);
    }
    JsonObject object;
    object.text("queue", queue_).integer("id", item->id);
    add_value(object, item->value);
    add_lifetime(object, item->stored_at, item->expires_at, item->tags);
    print(object.line());
    return static_cast<int>(ExitCode::done);
  }

 private:
  std::string store_;
  std::string queue_;
  bool back_ = false;
  bool is_json_ = false;
};

class Pull final : public ItemCommand {
 public:
  void declare(Arguments& arguments) override {
    ItemCommand::declare(arguments);
    arguments.value("--wait", [this](const std::string& text) { wait_ = parse_duration(text); });
  }

  int execute(const Console& console) override {
    // Who waits does so for a queue that is still to come, too.
    std::optional<Queue> from = wait_ > Duration::zero()
                                    ? Queue(open_or_make_store(store(), console), queue())
                                    : open_queue(store(), queue(), console, OpenMode::open);
    const SteadyTime deadline = Clock::system().steady_now() + wait_;
    while (from) {
      if (const std::optional<int> code = pull_from(*from, console)) return *code;
      if (!from->wait_within(deadline - Clock::system().steady_now())) break;
    }
    return show(std::nullopt, console);
  }

 private:
  /// Takes an item once it is written; what nobody could be given stays in the queue.
  std::optional<int> pull_from(Queue& from, const Console& console) const {
    return from.items().transact(
        [&]() -> std::optional<int> {
          const std::optional<ShownItem> item =
              take_item([&]<typename Value>(const Value&) { return from.pull<Value>(side()); });
          return item ? std::optional(show(item, console)) : std::nullopt;
        },
        {.frees_space = true});
  }

  Duration wait_ = Duration::zero();
};

class Peek final : public ItemCommand {
 public:
  int execute(const Console& console) override {
    const std::optional<Queue> from = open_queue(store(), queue(), console, OpenMode::read_only);
    return show(take_item([&]<typename Value>(const Value&) {
                  return from ? from->peek<Value>(side()) : std::nullopt;
                }),
                console);
  }
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
                     : show_key(name) + "  " + std::to_string(size) + "\n");
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
