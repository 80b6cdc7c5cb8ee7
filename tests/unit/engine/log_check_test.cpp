// SPDX-License-Identifier: Apache-2.0

// Replaying a log in which a crash or a power cut has left anything at all.

#include "engine/lmdb/log_check.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "larder/core/random.h"

namespace larder::lmdb {
namespace {

Bytes entry(std::string_view key, std::string_view value, EntryKind kind = EntryKind::put) {
  const EntryHeader header{.key_bytes = static_cast<std::uint32_t>(key.size()),
                           .value_bytes = static_cast<std::uint32_t>(value.size()),
                           .kind = kind,
                           .reserved = 0};
  Bytes out = to_bytes(std::as_bytes(std::span(&header, 1)));
  append(out, as_bytes(key));
  append(out, as_bytes(value));
  out.resize((out.size() + 7) / 8 * 8);
  return out;
}

Bytes log_from(std::uint64_t base) {
  const LogHeader header = make_log_header(base);
  Bytes log = to_bytes(std::as_bytes(std::span(&header, 1)));
  log.resize(log_data_begin);
  return log;
}

void add(Bytes& log, std::uint64_t sequence, const Bytes& entries,
         TxnOutcome outcome = TxnOutcome::committed) {
  const TxnHeader header = make_txn_header(sequence, outcome, entries);
  append(log, std::as_bytes(std::span(&header, 1)));
  append(log, entries);
}

std::string replay(BytesView log, std::uint64_t next, std::uint64_t* after = nullptr) {
  std::string seen;
  const std::uint64_t end =
      replay_log(log, next, [&](BytesView key, BytesView value, EntryKind kind) {
        seen += std::string(as_text(key)) + (kind == EntryKind::erase ? "-" : "=") +
                std::string(as_text(value)) + " ";
      });
  if (after != nullptr) *after = end;
  return seen;
}

TEST(LogCheck, stops_at_a_transaction_whose_files_may_be_missing) {
  Bytes log = log_from(5);
  add(log, 5, entry("a", "1"), TxnOutcome::committed_with_files);
  add(log, 6, entry("b", "2"));
  add(log, 7, entry("c", "3"), TxnOutcome::committed_with_files);
  add(log, 8, entry("d", "4"));
  const auto replayed = [&](std::uint64_t next, std::uint64_t files_through) {
    const auto ignore = [](BytesView, BytesView, EntryKind) {};
    return replay_log(log, next, ignore, files_through);
  };
  EXPECT_EQ(replayed(5, 4), 5U);
  EXPECT_EQ(replayed(5, 6), 7U);
  EXPECT_EQ(replayed(5, 7), 9U);
  EXPECT_EQ(replayed(5, UINT64_MAX), 9U);
  EXPECT_EQ(replayed(8, 0), 9U) << "what is applied already had its files";
}

TEST(LogCheck, files_mark_tells_the_last_sequence_and_a_damaged_one_that_all_is_there) {
  Bytes log = log_from(5);
  EXPECT_EQ(read_log_start(log)->files_through, 0U);
  std::uint64_t mark = files_mark(123'456'789);
  std::memcpy(log.data() + files_mark_at, &mark, sizeof(mark));
  EXPECT_EQ(read_log_start(log)->files_through, 123'456'789U);
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t damaged = mark ^ (std::uint64_t{1} << bit);
    std::memcpy(log.data() + files_mark_at, &damaged, sizeof(damaged));
    EXPECT_EQ(read_log_start(log)->files_through, UINT64_MAX) << bit;
  }
}

TEST(LogCheck, boots_have_different_tags_and_a_nameless_one_has_none) {
  EXPECT_EQ(boot_tag(""), 0U);
  EXPECT_NE(boot_tag("a"), 0U);
  EXPECT_NE(boot_tag("a"), boot_tag("b"));
}

TEST(LogCheck, replays_committed_transactions_in_order) {
  Bytes log = log_from(5);
  add(log, 5, entry("a", "1"));
  add(log, 0, entry("x", "lost"), TxnOutcome::abandoned);
  add(log, 6, entry("a", "", EntryKind::erase));
  std::uint64_t after = 0;
  EXPECT_EQ(replay(log, 5, &after), "a=1 a- ");
  EXPECT_EQ(after, 7U);
}

TEST(LogCheck, skips_what_has_been_applied) {
  Bytes log = log_from(5);
  add(log, 5, entry("a", "1"));
  add(log, 6, entry("b", "2"));
  std::uint64_t after = 0;
  EXPECT_EQ(replay(log, 6, &after), "b=2 ");
  EXPECT_EQ(replay(log, 7, &after), "");
  EXPECT_EQ(after, 7U);
}

TEST(LogCheck, a_file_that_starts_later_than_expected_is_not_touched) {
  Bytes log = log_from(9);
  add(log, 9, entry("a", "1"));
  std::uint64_t after = 0;
  EXPECT_EQ(replay(log, 8, &after), "");
  EXPECT_EQ(after, 8U);
}

TEST(LogCheck, stops_at_a_gap_in_the_sequence) {
  Bytes log = log_from(1);
  add(log, 1, entry("a", "1"));
  add(log, 3, entry("c", "3"));
  EXPECT_EQ(replay(log, 1), "a=1 ");
}

TEST(LogCheck, any_changed_byte_ends_the_replay_before_its_transaction) {
  Bytes log = log_from(1);
  add(log, 1, entry("a", "1"));
  const std::size_t second = log.size();
  add(log, 2, entry("b", "two"));
  for (std::size_t at = 0; at < log.size(); ++at) {
    if (at >= sizeof(LogHeader) && at < log_data_begin) continue;
    Bytes damaged = log;
    damaged[at] ^= std::byte{0x20};
    const std::string seen = replay(damaged, 1);
    EXPECT_EQ(seen, at >= second ? "a=1 " : "") << at;
  }
}

TEST(LogCheck, any_truncation_leaves_whole_transactions) {
  Bytes log = log_from(1);
  add(log, 1, entry("a", "1"));
  const std::size_t first_end = log.size();
  add(log, 2, entry("b", "2"));
  for (std::size_t size = 0; size < log.size(); ++size) {
    EXPECT_EQ(replay(BytesView(log).first(size), 1), size < first_end ? "" : "a=1 ") << size;
  }
}

TEST(LogCheck, entries_that_reach_out_of_their_transaction_are_refused_despite_a_right_checksum) {
  Bytes entries = entry("a", "1");
  entries[0] = std::byte{0xFF};  // key_bytes
  Bytes log = log_from(1);
  add(log, 1, entries);
  EXPECT_EQ(replay(log, 1), "");
}

}  // namespace
}  // namespace larder::lmdb
