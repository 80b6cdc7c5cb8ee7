// SPDX-License-Identifier: Apache-2.0
#include "codec/compress.h"

#include <zstd.h>

#include <algorithm>
#include <memory>
#include <new>
#include <string>

#include "larder/core/error.h"

namespace larder {
namespace {

// One byte of a Zstandard frame cannot stand for more: a block of 128 KiB takes four bytes at
// least.
constexpr std::size_t max_expansion = std::size_t{32} << 10;

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

// Kept for each thread: making one maps and unmaps 100 KiB, more than a small value costs to read.
ZSTD_DCtx* decompression_context() {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  if (context == nullptr) throw std::bad_alloc();
  return context.get();
}

[[noreturn]] void fail(const std::string& problem) {
  throw Error(ErrorKind::corrupt, "codec: compressed data: " + problem);
}

}  // namespace

Bytes compress(BytesView raw, int level) {
  Bytes out(ZSTD_compressBound(raw.size()));
  const std::size_t size =
      ZSTD_compress(out.data(), out.size(), raw.data(), raw.size(), std::clamp(level, 1, 19));
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();  // given room enough, memory is all it lacks
  out.resize(size);
  return out;
}

Bytes decompress(BytesView compressed, std::size_t raw_bytes) {
  const unsigned long long claimed = ZSTD_getFrameContentSize(compressed.data(), compressed.size());
  if (claimed != raw_bytes) fail("not a frame of " + std::to_string(raw_bytes) + " bytes");
  if (raw_bytes > max_raw_bytes || raw_bytes / max_expansion > compressed.size()) {
    fail("claims to be larger than it can be");
  }
  Bytes out(raw_bytes);
  const std::size_t size = ZSTD_decompressDCtx(decompression_context(), out.data(), out.size(),
                                               compressed.data(), compressed.size());
  if (ZSTD_isError(size) != 0) fail(ZSTD_getErrorName(size));
  if (size != raw_bytes) fail("other size than promised");
  return out;
}

}  // namespace larder
