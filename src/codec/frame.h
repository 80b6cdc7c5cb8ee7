// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "larder/core/bytes.h"

namespace larder {

/// How the value in a frame is encoded. Stored on disk: never change.
enum class FrameCodec : std::uint8_t {
  raw = 0,   ///< Bytes as they were given.
  wire = 1,  ///< One MessagePack value.
};

/// What a frame says about its value; see docs/format/frame.md.
struct FrameHeader {
  FrameCodec codec = FrameCodec::wire;
  bool compressed = false;      ///< The value is a Zstandard frame.
  bool in_file = false;         ///< The value is in a file; the payload only names it.
  std::uint64_t schema = 0;     ///< `Codec<T>::schema()` of the value.
  std::uint64_t raw_bytes = 0;  ///< Size of the value before compression.
};

/// An opened frame. The payload looks into the record.
struct FrameView {
  FrameHeader header = {};
  BytesView payload = {};
};

/// Why a record could not be opened.
enum class FrameFault {
  cut_off,  ///< Shorter than a header.
  damaged,  ///< The checksum does not fit the bytes and the key.
  unknown,  ///< Whole, but written by a newer larder.
};

/// The name of `fault` for messages, for example "damaged".
[[nodiscard]] std::string_view to_string(FrameFault fault) noexcept;

/// Bytes that a frame puts before its payload.
inline constexpr std::size_t frame_header_bytes = 28;

/// A record to be: room for the header, to which the payload is then appended.
[[nodiscard]] Bytes begin_frame(std::size_t payload_bytes_expected = 0);

/// Finishes a record that `begin_frame` began: writes the header and the checksum over it, the
/// payload and `key`.
void seal_frame(Bytes& record, const FrameHeader& header, BytesView key) noexcept;

/// The three steps in one.
[[nodiscard]] Bytes frame(const FrameHeader& header, BytesView payload, BytesView key);

/// Checks that `record` is whole and was sealed with `key`. Returns nothing if not, and why in
/// `fault` if that is given. Copies nothing.
[[nodiscard]] std::optional<FrameView> open_frame(BytesView record, BytesView key,
                                                  FrameFault* fault = nullptr) noexcept;

}  // namespace larder
