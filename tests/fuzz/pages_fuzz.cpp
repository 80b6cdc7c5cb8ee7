// SPDX-License-Identifier: Apache-2.0

// A database file with damaged pages: the check before opening, and a search without it, read
// nothing outside of the file, and end. The input is laid over a small sound file, page by page.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include "engine/lmdb/leaf_guard.h"
#include "engine/lmdb/page.h"
#include "engine/lmdb/page_check.h"
#include "engine/lmdb/remains.h"
#include "larder/core/error.h"

namespace {

constexpr std::size_t pages = 6;

void put(larder::Bytes& image, std::size_t at, std::uint64_t value, std::size_t size) {
  std::memcpy(image.data() + at, &value, size);
}

/// Two heads, an empty list of free pages, and a table of tables with one leaf.
larder::Bytes sound_image() {
  using larder::lmdb::page_bytes;
  larder::Bytes image(pages * page_bytes);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::size_t page = i * page_bytes;
    put(image, page, i, 8);
    put(image, page + 10, 8, 2);
    const std::size_t head = page + 16;
    put(image, head, 0xBEEFC0DE, 4);
    put(image, head + 4, 1, 4);
    put(image, head + 24, page_bytes, 4);
    put(image, head + 28, 8, 2);
    put(image, head + 64, ~std::uint64_t{0}, 8);
    put(image, head + 78, 1, 2);
    put(image, head + 112, 2, 8);
    put(image, head + 120, pages - 1, 8);
    put(image, head + 128, i, 8);
  }
  for (std::size_t i = 2; i < pages; ++i) {
    put(image, i * page_bytes, i, 8);
    put(image, i * page_bytes + 10, 2, 2);
    put(image, i * page_bytes + 12, 16, 2);
    put(image, i * page_bytes + 14, page_bytes, 2);
  }
  return image;
}

/// Looks for keys in the table that the first head tells of, as if nobody had checked the file.
void search(const larder::Bytes& image) {
  using larder::lmdb::LeafGuard;
  using larder::lmdb::Tree;
  using larder::lmdb::TreeRecord;
  const auto record = larder::lmdb::load<TreeRecord>(image.data() + larder::lmdb::page_head + 72);
  for (const char* key : {"", "a", "key", "\xFF"}) {
    try {
      const Tree tree(nullptr, {.begin = image.data(), .bytes = image.size()}, record);
      static_cast<void>(tree.find(larder::as_bytes(key)));
      LeafGuard guard(tree);
      guard.settle(larder::as_bytes(key));
      guard.settle_end();
    } catch (const larder::Error&) {
      continue;
    }
  }
}

/// What can be read of it lies in it.
void salvage(const larder::Bytes& image) {
  const auto look = [&](larder::BytesView key, larder::BytesView value) {
    for (const larder::BytesView part : {key, value}) {
      const bool lies_in_it =
          part.empty() ||
          (part.data() >= image.data() && part.data() + part.size() <= image.data() + image.size());
      if (!lies_in_it) std::abort();
    }
  };
  try {
    larder::lmdb::Remains remains(image);
    remains.visit_ordered(look);
    remains.visit_misplaced(look);
    remains.visit_stray(look);
  } catch (const larder::Error&) {  // NOLINT(bugprone-empty-catch): nothing at all
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  larder::Bytes image = sound_image();
  // Each piece of the input: where (2 bytes), how much (1 byte), what.
  while (size > 3) {
    const std::size_t at = (data[0] | std::size_t{data[1]} << 8U) % (image.size() - 256);
    const std::size_t length = data[2] < size - 3 ? data[2] : size - 3;
    std::memcpy(image.data() + at, data + 3, length);
    data += 3 + length;
    size -= 3 + length;
  }
  for (std::size_t page = 0; page < pages; ++page) {
    static_cast<void>(larder::lmdb::is_sound_leaf(image.data() + page * larder::lmdb::page_bytes));
  }
  search(image);
  salvage(image);
  try {
    larder::lmdb::check_image(image);
  } catch (const larder::Error&) {
    return 0;
  }
  return 0;
}
