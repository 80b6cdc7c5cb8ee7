// SPDX-License-Identifier: Apache-2.0

// Entries on their way out of one cache and into another.

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cache_fixture.h"
#include "larder/cache/transfer.h"
#include "larder/codec/json.h"

namespace larder::test {
namespace {

class TransferTest : public testing::Test {
 protected:
  [[nodiscard]] Cache open(const char* name) {
    return Cache::open({.path = folder_ / name, .settings = {.file_above_bytes = 500}},
                       {.clock = &clock_});
  }

  /// Copies everything by way of the exported form.
  static ExportReport copy(const Cache& from, Cache& to, Existing existing = Existing::replace) {
    return export_entries(from, [&](const ExportedEntry& entry) {
      if (entry.content == nullptr) {
        import_encoded(to, entry.key, entry.schema, entry.encoded, entry.options, existing);
      } else {
        import_content(
            to, entry.key, entry.schema,
            [&](std::span<std::byte> out) { return entry.content->read(out); }, entry.options,
            existing);
      }
    });
  }

  TempDir folder_{memory_folder()};
  ManualClock clock_;
};

TEST_F(TransferTest, every_type_and_lifetime_arrives_as_it_was) {
  Cache from = open("from");
  Cache to = open("to");
  to.change_settings({.expire_after_write = 1min});
  from.put(1, std::int64_t{-7}, {.tags = {"b", "a"}});
  from.put("text", "caf\xc3\xa9", {.ttl = 1h});
  from.put("long", std::string(5'000, 'l'));
  from.put(Bytes{std::byte{0}}, Bytes(700, std::byte{0xFF}));
  from.put(std::tuple("pair", 2), std::vector<double>{1.5, -0.0});
  from.put("json", Json::parse(R"({"a": [1, null]})"));
  from.put("idle", 1, {.idle_ttl = 10min, .stale_for = 5min});
  const auto stream = std::string(900, 's');
  from.put_stream("stream", [text = std::string_view(stream)](std::span<std::byte> out) mutable {
    const std::size_t size = std::min(out.size(), text.size());
    std::ranges::copy(as_bytes(text.substr(0, size)), out.begin());
    text.remove_prefix(size);
    return size;
  });
  EXPECT_EQ(copy(from, to).entries, 8U);
  for (const Key& key : from.keys()) {
    const EntryInfo was = from.info(key).value();
    const EntryInfo is = to.info(key).value();
    EXPECT_EQ(is.schema, was.schema) << key.to_string();
    EXPECT_EQ(is.expires_at, was.expires_at) << key.to_string();
    EXPECT_EQ(is.tags, was.tags) << key.to_string();
  }
  EXPECT_EQ(to.get<std::int64_t>(1), -7);
  EXPECT_EQ(to.get<std::string>("long"), std::string(5'000, 'l'));
  EXPECT_EQ(to.get<std::vector<double>>(std::tuple("pair", 2)), (std::vector<double>{1.5, -0.0}));
  EXPECT_EQ(to.get<Json>("json")->text(), R"({"a":[1,null]})");
  EXPECT_EQ(to.get<std::string>("stream"), stream);
  EXPECT_EQ(to.verify().problems, Strings{});
}

TEST_F(TransferTest, random_texts_bytes_and_lifetimes_arrive) {
  int run = 0;
  EXPECT_TRUE(rc::check([&] {
    ++run;
    Cache from = open(("from" + std::to_string(run)).c_str());
    Cache to = open(("to" + std::to_string(run)).c_str());
    const auto texts = *rc::gen::arbitrary<std::map<std::string, std::string>>();
    const auto numbers = *rc::gen::arbitrary<std::map<std::int64_t, double>>();
    for (const auto& [key, text] : texts) {
      const auto ttl = *rc::gen::inRange(1, 1'000'000);
      const auto tags = *rc::gen::arbitrary<std::vector<std::string>>();
      from.put(key, text, {.ttl = std::chrono::seconds(ttl), .tags = tags});
    }
    for (const auto& [key, number] : numbers) from.put(key, number);
    RC_ASSERT(copy(from, to).entries == texts.size() + numbers.size());
    for (const auto& [key, text] : texts) {
      RC_ASSERT(to.get<std::string>(key) == text);
      RC_ASSERT(to.info(key)->tags == from.info(key)->tags);
      RC_ASSERT(to.info(key)->expires_at == from.info(key)->expires_at);
    }
    for (const auto& [key, number] : numbers) RC_ASSERT(to.get<double>(key) == number);
  }));
}

TEST_F(TransferTest, is_of_one_moment) {
  Cache cache = open("c");
  for (int i = 0; i < 10; ++i) cache.put(i, 0);
  std::vector<int> seen;
  Cache writer = open("c");
  export_entries(cache, [&](const ExportedEntry& entry) {
    if (seen.empty()) {
      std::thread([&] {
        writer.clear();
        writer.put(77, 1);
      }).join();
    }
    seen.push_back(entry.key.as<int>());
  });
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST_F(TransferTest, a_value_file_that_goes_meanwhile_is_counted) {
  Cache cache = open("c");
  cache.put("a", std::string(5'000, 'a'));
  cache.put("b", std::string(5'000, 'b'));
  Cache writer = open("c");
  Strings seen;
  const ExportReport report = export_entries(cache, [&](const ExportedEntry& entry) {
    std::thread([&] {
      writer.erase("b");
      writer.engine().sync();  // or else the file stays a little longer
    }).join();
    seen.push_back(entry.key.as<std::string>());
  });
  EXPECT_EQ(seen, Strings{"a"});
  EXPECT_EQ(report.replaced, 1U);
}

TEST_F(TransferTest, leaves_out_what_is_expired_absent_or_damaged) {
  Cache cache = open("c");
  cache.put("gone", 1, {.ttl = 1s});
  cache.put("file", std::string(5'000, 'f'));
  (void)cache.get_or_load("nothing", [] { return std::optional<int>(); }, {.absent_ttl = 1h});
  clock_.advance(2s);
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder_ / "c")) {
    if (file.is_regular_file() && file.file_size() > 5'000 && file.file_size() < 6'000) {
      std::filesystem::resize_file(file.path(), file.file_size() - 10);
    }
  }
  const ExportReport report = export_entries(cache, [](const ExportedEntry&) {});
  EXPECT_EQ(report.entries, 0U);
  EXPECT_EQ(report.damaged, 1U);
  cache.repair();
}

TEST_F(TransferTest, keeps_what_is_there_if_asked) {
  Cache from = open("from");
  Cache to = open("to");
  from.put("k", "new");
  to.put("k", "old");
  copy(from, to, Existing::keep);
  EXPECT_EQ(to.get<std::string>("k"), "old");
  copy(from, to);
  EXPECT_EQ(to.get<std::string>("k"), "new");
}

TEST_F(TransferTest, refuses_what_is_no_value) {
  Cache cache = open("c");
  const auto one = as_bytes("\x01");
  const std::uint64_t text = Codec<std::string>::schema();
  expect_kind(ErrorKind::invalid_argument, [&] { import_encoded(cache, "k", 1, one); });
  expect_kind(ErrorKind::invalid_argument, [&] { import_encoded(cache, "k", 99, {}); });
  expect_kind(ErrorKind::invalid_argument, [&] { import_encoded(cache, "k", text, one); });
  expect_kind(ErrorKind::invalid_argument,
              [&] { import_encoded(cache, "k", 99, as_bytes("\x01\x01")); });
  expect_kind(ErrorKind::invalid_argument, [&] {
    import_content(cache, "k", 99, [](std::span<std::byte>) { return std::size_t{0}; });
  });
  EXPECT_TRUE(cache.empty());
}

}  // namespace
}  // namespace larder::test
