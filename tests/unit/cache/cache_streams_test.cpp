// SPDX-License-Identifier: Apache-2.0

// Values as streams, in and out.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "cache_fixture.h"
#include "larder/core/random.h"

namespace larder::test {
namespace {

Bytes noise(std::size_t size) {
  Bytes bytes(size);
  Random random(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

/// Gives `bytes` in pieces of odd sizes.
class Trickle {
 public:
  explicit Trickle(BytesView bytes) : rest_(bytes) {}
  std::size_t operator()(std::span<std::byte> out) {
    const std::size_t size = std::min({rest_.size(), out.size(), std::size_t{9'973}});
    std::ranges::copy(rest_.first(size), out.begin());
    rest_ = rest_.subspan(size);
    return size;
  }

 private:
  BytesView rest_;
};

std::string everything(ValueReader& reader) {
  std::string text;
  Bytes buffer(7'001);
  while (const std::size_t size = reader.read(buffer)) {
    text += as_text(BytesView(buffer).first(size));
  }
  return text;
}

std::string sent(ValueReader& reader) {
  const int pipe_end = ::memfd_create("sent", MFD_CLOEXEC);
  const File target(Io::system(), pipe_end);
  off_t offset = 0;
  while (static_cast<std::uint64_t>(offset) < reader.size()) {
    const ssize_t size = ::sendfile(pipe_end, reader.descriptor(), &offset,
                                    reader.size() - static_cast<std::uint64_t>(offset));
    if (size <= 0) break;
  }
  ::lseek(pipe_end, 0, SEEK_SET);
  Bytes got(reader.size() + 1);
  const ssize_t size = ::read(pipe_end, got.data(), got.size());
  return std::string(as_text(BytesView(got).first(static_cast<std::size_t>(size))));
}

class StreamsTest : public CacheTest {
 protected:
  [[nodiscard]] Cache open_small() { return open({.file_above_bytes = 1000}); }
};

TEST_P(StreamsTest, streams_of_any_size_come_back_in_every_way) {
  Cache cache = open_small();
  for (const std::size_t size : {0UL, 1UL, 31UL, 32UL, 255UL, 256UL, 999UL, 1000UL, 1001UL,
                                 65'535UL, 65'536UL, 65'537UL, 131'072UL, 300'000UL, 1'000'003UL}) {
    const Bytes value = noise(size);
    cache.put_stream(size, Trickle(value));
    EXPECT_EQ(cache.get<Bytes>(size), value) << size;
    EXPECT_EQ(cache.get<std::string>(size), as_text(value));
    EXPECT_EQ(cache.get<int>(size), std::nullopt);
    auto reader = cache.reader(size);
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->size(), size);
    EXPECT_EQ(everything(*reader), as_text(value));
    EXPECT_TRUE(equal(reader->map(), value));
    EXPECT_EQ(sent(*reader), as_text(value));
    EXPECT_EQ(cache.info(size)->bytes, size);
  }
}

TEST_P(StreamsTest, bytes_and_text_are_readable_as_streams) {
  Cache cache = open_small();
  for (const std::size_t size : {0UL, 10UL, 40UL, 300UL, 990UL, 5'000UL, 100'000UL}) {
    const Bytes value = noise(size);
    cache.put("bytes", value);
    cache.put("text", std::string(as_text(value)));
    EXPECT_TRUE(equal(cache.reader("bytes")->map(), value));
    EXPECT_TRUE(equal(cache.reader("text")->map(), value));
  }
}

TEST_P(StreamsTest, compressed_values_are_readable_as_streams) {
  Cache cache = open({.compress_above_bytes = 10, .file_above_bytes = 50});
  const std::string text(100'000, 'x');
  cache.put("k", text);
  cache.put("noise", noise(5'000));
  auto reader = cache.reader("k");
  EXPECT_EQ(everything(*reader), text);
  reader = cache.reader("noise");
  EXPECT_EQ(everything(*reader), as_text(noise(5'000)));
}

TEST_P(StreamsTest, other_types_and_missing_keys_have_no_reader) {
  Cache cache = open_small();
  cache.put("number", 7);
  EXPECT_FALSE(cache.reader("number"));
  EXPECT_FALSE(cache.reader("nothing"));
  EXPECT_EQ(cache.stats().misses, 2U);
  EXPECT_EQ(cache.stats().schema_misses, 1U);
  cache.put("k", "v");
  EXPECT_TRUE(cache.reader("k"));
  EXPECT_EQ(cache.stats().hits, 1U);
}

TEST_P(StreamsTest, reads_at_offsets) {
  Cache cache = open_small();
  for (const std::size_t size : {500UL, 200'000UL}) {
    const Bytes value = noise(size);
    cache.put_stream("k", Trickle(value));
    const auto reader = cache.reader("k");
    Random random(1);
    for (int i = 0; i < 200; ++i) {
      const std::size_t offset = random.below(size + 10);
      Bytes out(random.below(100'000));
      const std::size_t got = reader->read_at(offset, out);
      ASSERT_EQ(got, offset >= size ? 0 : std::min(out.size(), size - offset));
      if (got > 0) {
        ASSERT_TRUE(equal(BytesView(out).first(got), BytesView(value).subspan(offset, got)));
      }
    }
  }
}

TEST_P(StreamsTest, reader_survives_replacement_erasure_and_the_cache) {
  std::optional<Cache> cache(open_small());
  for (const std::size_t size : {100UL, 100'000UL}) cache->put(size, noise(size));
  auto small = cache->reader(100);
  auto large = cache->reader(100'000);
  const BytesView place = large->map();
  cache->put(100, noise(99));
  cache->put(100'000, noise(100'001));
  cache->erase(100);
  cache->erase(100'000);
  cache.reset();
  EXPECT_EQ(everything(*small), as_text(noise(100)));
  EXPECT_EQ(everything(*large), as_text(noise(100'000)));
  EXPECT_TRUE(equal(place, noise(100'000)));
}

TEST_P(StreamsTest, reader_tells_times_and_tags) {
  Cache cache = open_small();
  cache.put_stream("k", Trickle(noise(10)), {.ttl = 1h, .tags = {"b", "a"}});
  const auto reader = cache.reader("k");
  EXPECT_EQ(reader->stored_at(), clock_.now());
  EXPECT_EQ(reader->expires_at(), clock_.now() + 1h);
  EXPECT_EQ(reader->tags(), (Strings{"a", "b"}));
  clock_.advance(2h);
  EXPECT_FALSE(cache.reader("k"));
}

TEST_P(StreamsTest, source_that_fails_stores_nothing) {
  Cache cache = open_small();
  cache.put("k", "old");
  int calls = 0;
  const auto source = [&](std::span<std::byte> out) -> std::size_t {
    if (++calls == 3) throw std::runtime_error("gone");
    return out.size();
  };
  EXPECT_THROW(cache.put_stream("k", source), std::runtime_error);
  EXPECT_EQ(cache.get<std::string>("k"), "old");
}

TEST_P(StreamsTest, streams_and_files_of_the_standard_library) {
  Cache cache = open_small();
  for (const std::size_t size : {0UL, 500UL, 400'000UL}) {
    const Bytes value = noise(size);
    std::istringstream in{std::string(as_text(value))};
    cache.put_stream("stream", in);
    std::ofstream(folder_ / "f", std::ios::binary) << as_text(value);
    cache.put_file("file", folder_ / "f");
    EXPECT_EQ(cache.get<Bytes>("stream"), value);
    EXPECT_EQ(cache.get<Bytes>("file"), value);
  }
  EXPECT_THROW(cache.put_file("file", folder_ / "missing"), Error);
  EXPECT_EQ(cache.get<Bytes>("file"), noise(400'000));
}

TEST_P(StreamsTest, add_stream_keeps_what_is_there) {
  Cache cache = open_small();
  EXPECT_TRUE(cache.add_stream("k", Trickle(noise(5'000))));
  EXPECT_FALSE(cache.add_stream("k", Trickle(noise(6'000))));
  EXPECT_EQ(cache.reader("k")->size(), 5'000U);
}

INSTANTIATE_TEST_SUITE_P(Engines, StreamsTest, testing::Values(memory_engine(), lmdb_engine()),
                         engine_name);

}  // namespace
}  // namespace larder::test
