// SPDX-License-Identifier: Apache-2.0
#include "crash/kill_workload.h"

#include <map>
#include <optional>
#include <string>

namespace larder::test {

namespace {

constexpr int account_count = 8;
constexpr int opening_balance = 1000;
constexpr int batch_size = 5;

using Content = std::optional<std::string>;
using Snapshot = std::map<std::string, std::string>;

std::string lane_key(std::size_t lane, std::string_view name) {
  return "lane" + std::to_string(lane) + "/" + std::string(name);
}
std::string account_key(std::uint64_t account) { return "account/" + std::to_string(account); }
std::string batch_key(std::size_t lane, int part) {
  return lane_key(lane, "batch" + std::to_string(part));
}
std::string single_key(std::size_t lane, std::size_t key) {
  // A few keys are long: engines may treat those in a way of their own.
  const std::string tail = key % 4 == 3 ? std::string(490, 'l') : std::string();
  return lane_key(lane, "key" + std::to_string(key) + tail);
}

/// Most values are small; key 0 is sometimes large enough to fill whatever buffers there are.
std::size_t size_of(std::size_t key, std::uint64_t number) {
  Random random(number * 31 + key);
  const std::uint64_t dice = random.below(100);
  if (key == 0 && dice == 0) return 6'000'000;
  if (key == 0 && dice < 20) return 300'000;
  if (dice < 30) return random.below(6000);
  return random.below(200);
}

/// What write `number` stores; nothing if it erases.
Content content_of(std::size_t lane, std::size_t key, std::uint64_t number) {
  if (number == 0 || number % 7 == 0) return std::nullopt;
  std::string text = lane_key(lane, std::to_string(key)) + "#" + std::to_string(number) + ":";
  Random random(number);
  text.resize(text.size() + size_of(key, number), static_cast<char>('a' + random.below(26)));
  return text + "." + std::to_string(number);
}

Content find(const Snapshot& snapshot, const std::string& key) {
  const auto found = snapshot.find(key);
  if (found == snapshot.end()) return std::nullopt;
  return found->second;
}

std::uint64_t number_in(const Content& content) {
  return content ? std::stoull(*content) : std::uint64_t{0};
}

void add_to(Subject& subject, const std::string& key, std::int64_t amount) {
  const auto before = static_cast<std::int64_t>(number_in(subject.get(key)));
  subject.put(key, std::to_string(before + amount));
}

void step_key(Subject& subject, Ledger& ledger, std::size_t lane, std::size_t key) {
  LedgerLine& line = ledger.lanes[lane].keys[key];
  const Content content = content_of(lane, key, line.begin());
  if (content) {
    subject.put(single_key(lane, key), *content);
  } else {
    subject.erase(single_key(lane, key));
  }
  line.acknowledge();
}

void step_batch(Subject& subject, Ledger& ledger, std::size_t lane) {
  LedgerLine& line = ledger.lanes[lane].batch;
  const std::string text = std::to_string(line.begin());
  subject.transact([&] {
    for (int part = 0; part < batch_size; ++part) subject.put(batch_key(lane, part), text);
  });
  line.acknowledge();
}

void step_transfer(Subject& subject, Ledger& ledger, std::size_t lane, Random& random) {
  LedgerLine& line = ledger.lanes[lane].transfers;
  const std::string text = std::to_string(line.begin());
  const std::uint64_t from = random.below(account_count);
  const std::uint64_t to = (from + 1 + random.below(account_count - 1)) % account_count;
  subject.transact([&] {
    if (number_in(subject.get(account_key(from))) > 0) {
      add_to(subject, account_key(from), -1);
      add_to(subject, account_key(to), 1);
    }
    add_to(subject, "transfers", 1);
    add_to(subject, lane_key(lane, "transfers"), 1);
    subject.put(lane_key(lane, "last transfer"), text);
  });
  line.acknowledge();
}

std::string shortened(const Content& content) {
  return content ? "'" + content->substr(0, 60) + "'" : "nothing";
}

/// Checks that `found` is the content of the acknowledged write or of the one under way.
template <typename ContentOf>
void verify_line(Ledger& ledger, LedgerLine& line, const std::string& key, const Content& found,
                 ContentOf content_of_number) {
  for (const std::uint64_t number : {line.begun.load(), line.acked.load()}) {
    if (found != content_of_number(number)) continue;
    line.settle(number);
    return;
  }
  ledger.violate(key.substr(0, 30) + " holds " + shortened(found) + " but write " +
                 std::to_string(line.acked.load()) + " was acknowledged and write " +
                 std::to_string(line.begun.load()) + " begun");
  line.settle(line.begun.load());
}

void verify_lane(const Snapshot& snapshot, Ledger& ledger, std::size_t lane) {
  LedgerLane& known = ledger.lanes[lane];
  for (std::size_t key = 0; key < LedgerLane::key_count; ++key) {
    const std::string name = single_key(lane, key);
    verify_line(ledger, known.keys[key], name, find(snapshot, name),
                [&](std::uint64_t number) { return content_of(lane, key, number); });
  }
  const auto as_content = [](std::uint64_t number) {
    return number == 0 ? Content() : Content(std::to_string(number));
  };
  const Content first = find(snapshot, batch_key(lane, 0));
  for (int part = 1; part < batch_size; ++part) {
    const Content other = find(snapshot, batch_key(lane, part));
    if (other == first) continue;
    ledger.violate("torn batch of lane " + std::to_string(lane) + ": " + shortened(first) +
                   " and " + shortened(other));
  }
  verify_line(ledger, known.batch, batch_key(lane, 0), first, as_content);
  verify_line(ledger, known.transfers, lane_key(lane, "last transfer"),
              find(snapshot, lane_key(lane, "last transfer")), as_content);
}

void verify_accounts(const Snapshot& snapshot, Ledger& ledger) {
  std::uint64_t money = 0;
  for (std::uint64_t account = 0; account < account_count; ++account) {
    money += number_in(find(snapshot, account_key(account)));
  }
  if (money != account_count * opening_balance) {
    ledger.violate("the accounts hold " + std::to_string(money) + " in all");
  }
  std::uint64_t transfers = 0;
  for (std::size_t lane = 0; lane < Ledger::lane_count; ++lane) {
    transfers += number_in(find(snapshot, lane_key(lane, "transfers")));
  }
  const std::uint64_t total = number_in(find(snapshot, "transfers"));
  if (transfers != total) {
    ledger.violate("the lanes made " + std::to_string(transfers) + " transfers of " +
                   std::to_string(total));
  }
}

}  // namespace

void prepare(Subject& subject) {
  subject.transact([&] {
    for (std::uint64_t account = 0; account < account_count; ++account) {
      subject.put(account_key(account), std::to_string(opening_balance));
    }
  });
}

void step(Subject& subject, Ledger& ledger, std::size_t lane, Random& random) {
  const std::uint64_t dice = random.below(100);
  if (dice < 60) {
    step_key(subject, ledger, lane, random.below(LedgerLane::key_count));
  } else if (dice < 80) {
    step_batch(subject, ledger, lane);
  } else {
    step_transfer(subject, ledger, lane, random);
  }
  ++ledger.lanes[lane].steps;
}

void verify(Subject& subject, Ledger& ledger) {
  const Entries entries = subject.all();
  const Snapshot snapshot(entries.begin(), entries.end());
  if (snapshot.size() != entries.size()) ledger.violate("a key was visited twice");
  for (std::size_t lane = 0; lane < Ledger::lane_count; ++lane) {
    verify_lane(snapshot, ledger, lane);
  }
  verify_accounts(snapshot, ledger);
}

}  // namespace larder::test
