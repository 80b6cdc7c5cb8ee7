// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/confirm.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/json.h"
#include "cli/key_text.h"
#include "cli/place.h"
#include "cli/store_command.h"
#include "larder/sync/locks.h"

namespace larder::cli {
namespace {

constexpr std::string_view help = R"(Show who holds the locks of a store, or take one away.

Usage:
  larder locks [OPTION]... [STORE]
  larder locks --break NAME [OPTION]... [STORE]

Without STORE: the one of larder run. Shows all who hold or wait for a lock, a
semaphore or a barrier of the programs that use STORE: with process, thread,
since when, and fencing token. What is held by one that has ended is free for
the next who wants it. Parties of a barrier wait once they have arrived. A
process of another container has the number that it has there.

Options:
  --break NAME     Take it away from all who hold it, as if they had ended; a
                   barrier breaks. They are not told: what the lock protects
                   must refuse their tokens. Asks before; where nobody can
                   answer, --yes is needed.
  --kind KIND      Only these: lock, recursive_lock, semaphore, rw_lock, once,
                   barrier.
  --key-type TYPE  How NAME is written: text (default), int, hex, or encoded.
  -y, --yes        Do not ask.
  --json           Write one JSON object for each who holds or waits.
  -q, --quiet      Say nothing but errors.
  -v, --verbose    Say what is going on.
  -h, --help       Show this.

Examples:
  larder locks state
  larder locks --break nightly state
  larder locks --json state | jq -r 'select(.has_ended).process'

Exit codes:
  0 done   1 failed or not confirmed   2 usage   3 nobody holds NAME
  4 store damaged   5 store busy
)";

/// Longer names are cut off in the list.
constexpr std::size_t most_name_bytes = 87;

struct KindName {
  LockKind kind;
  std::string_view name;
};

constexpr std::array kinds = {
    KindName{LockKind::lock, "lock"},
    KindName{LockKind::recursive_lock, "recursive_lock"},
    KindName{LockKind::semaphore, "semaphore"},
    KindName{LockKind::rw_lock, "rw_lock"},
    KindName{LockKind::once, "once"},
    KindName{LockKind::barrier, "barrier"},
};

/// A party and where it was found: a store in shards has several engines.
struct Found {
  LockParty party;
  EnginePtr engine;
};

std::string_view name_of(LockKind kind) {
  const auto* const found = std::ranges::find(kinds, kind, &KindName::kind);
  return found == kinds.end() ? "unknown" : found->name;
}

std::string_view state_of(const LockParty& party) {
  if (party.has_ended) return "ended";
  return party.is_waiting ? "waits" : "holds";
}

std::string to_json(const LockParty& party) {
  JsonObject object;
  object.text("kind", name_of(party.kind))
      .text("name", party.name)
      .boolean("is_waiting", party.is_waiting)
      .boolean("has_ended", party.has_ended)
      .boolean("is_elsewhere", party.is_elsewhere)
      .number("process", static_cast<std::uint64_t>(party.process))
      .number("thread", static_cast<std::uint64_t>(party.thread))
      .text("since", iso_time(party.since));
  if (party.token == 0) {
    object.null("token");
  } else {
    object.number("token", party.token);
  }
  return object.line();
}

std::string owner_of(const LockParty& party) {
  std::string text = "process " + std::to_string(party.process);
  if (party.thread != party.process) text += " thread " + std::to_string(party.thread);
  if (party.is_elsewhere) text += " of another container";
  return text;
}

std::string to_row(const LockParty& party, WallTime now) {
  const auto column = [](std::string_view text, std::size_t width) {
    std::string cell(text);
    cell.resize(std::max(width, cell.size() + 2), ' ');
    return cell;
  };
  std::string line = column(name_of(party.kind), 16) + column(party.name, 24);
  line += column(state_of(party), 7) + column(owner_of(party), 32);
  line += human_duration(std::max(now - party.since, Duration::zero()));
  if (party.token != 0) line += "  token " + std::to_string(party.token);
  return line + "\n";
}

class Locks final : public StoreCommand {
 public:
  void declare(Arguments& arguments) override {
    StoreCommand::declare(arguments);
    arguments.value("--break", [this](const std::string& text) { broken_ = text; });
    std::vector<std::string> names;
    names.reserve(kinds.size());
    for (const KindName& kind : kinds) names.emplace_back(kind.name);
    arguments.choice("--kind", kind_, std::move(names));
    key_text_.declare(arguments);
    arguments.flag("-y,--yes", yes_);
  }

  int execute(const Console& console) override {
    const std::optional<Key> name =
        broken_ ? std::optional(key_text_.read(*broken_)) : std::nullopt;
    std::vector<Found> found;
    for (const std::filesystem::path& path : databases_of(existing_store_path(store(), console))) {
      EnginePtr engine =
          open_lmdb({.path = path, .open_mode = OpenMode::open}, {.log = console.log_sink()});
      for (LockParty& party : list_locks(engine)) {
        const bool is_wanted =
            (kind_.empty() || name_of(party.kind) == kind_) && (!name || is_of(party, *name));
        if (is_wanted) found.push_back({.party = std::move(party), .engine = engine});
      }
    }
    return static_cast<int>(name ? take_away(*name, found, console) : show(found));
  }

 private:
  static bool is_of(const LockParty& party, const Key& name) {
    return party.name == name.to_string().substr(0, most_name_bytes);
  }

  [[nodiscard]] ExitCode show(const std::vector<Found>& found) const {
    const WallTime now = Clock::system().now();
    std::string lines;
    for (const Found& one : found) {
      lines += is_json() ? to_json(one.party) : to_row(one.party, now);
    }
    print(lines);
    return ExitCode::done;
  }

  [[nodiscard]] ExitCode take_away(const Key& name, const std::vector<Found>& found,
                                   const Console& console) const {
    if (found.empty()) {
      console.warn("nobody holds " + name.to_string());
      return ExitCode::absent;
    }
    const LockKind kind = found.front().party.kind;
    std::set<EnginePtr> engines;
    for (const auto& [party, engine] : found) {
      engines.insert(engine);
      if (party.kind == kind) continue;
      throw UsageError("there is a " + std::string(name_of(kind)) + " and a " +
                       std::string(name_of(party.kind)) + " of that name: say which with --kind");
    }
    if (!yes_ && !confirm(question(found), "this takes a lock away from who holds it")) {
      console.warn("nothing was taken away");
      return ExitCode::failed;
    }
    std::size_t count = 0;
    for (const EnginePtr& engine : engines) count += break_lock(engine, kind, name);
    if (is_json()) {
      print(JsonObject().number("broken", count).line());
    } else if (console.detail() != Detail::quiet) {
      print("taken away from " + std::to_string(count) + (count == 1 ? " thread\n" : " threads\n"));
    }
    return ExitCode::done;
  }

  static std::string question(const std::vector<Found>& found) {
    std::string owners;
    for (const auto& [party, engine] : found) {
      if (party.is_waiting && party.kind != LockKind::barrier) continue;
      owners += (owners.empty() ? "" : ", ") + owner_of(party);
      if (party.has_ended) owners += " (ended)";
    }
    const LockParty& first = found.front().party;
    return "Take " + std::string(name_of(first.kind)) + " " + first.name + " away from " + owners +
           "?";
  }

  std::optional<std::string> broken_;
  std::string kind_;
  KeyText key_text_;
  bool yes_ = false;
};

}  // namespace

const CommandInfo locks_command = {.name = "locks", .help = help, .make = make_command<Locks>};

}  // namespace larder::cli
