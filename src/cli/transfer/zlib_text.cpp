// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/zlib_text.h"

#include <zlib.h>

#include <algorithm>

namespace larder::cli {
namespace {

/// A zlib decoder that ends itself.
class Inflater {
 public:
  Inflater() : is_ready_(::inflateInit(&stream_) == Z_OK) {}
  ~Inflater() { ::inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  std::optional<Bytes> run(BytesView data, std::size_t limit) {
    if (!is_ready_ || data.size() > UINT32_MAX) return std::nullopt;
    // zlib only reads it.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(data.data()));
    stream_.avail_in = static_cast<uInt>(data.size());
    Bytes out;
    int result = Z_OK;
    while (result == Z_OK) {
      const std::size_t done = out.size();
      if (done > limit) return std::nullopt;
      out.resize(done + std::clamp<std::size_t>(done, 4096, std::size_t{1} << 20U));
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + done);
      stream_.avail_out = static_cast<uInt>(out.size() - done);
      result = ::inflate(&stream_, Z_NO_FLUSH);
      out.resize(out.size() - stream_.avail_out);
    }
    if (result != Z_STREAM_END || stream_.avail_in != 0 || out.size() > limit) return std::nullopt;
    return out;
  }

 private:
  z_stream stream_ = {};
  bool is_ready_;
};

}  // namespace

bool looks_like_zlib(BytesView data) {
  if (data.size() < 2) return false;
  const auto first = std::to_integer<unsigned>(data[0]);
  const auto second = std::to_integer<unsigned>(data[1]);
  return (first & 0x0FU) == Z_DEFLATED && (first >> 4U) <= 7 && (first * 256 + second) % 31 == 0;
}

std::optional<Bytes> inflate_all(BytesView data, std::size_t limit) {
  return Inflater().run(data, limit);
}

}  // namespace larder::cli
