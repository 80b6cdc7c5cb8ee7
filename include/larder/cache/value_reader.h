// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "larder/core/bytes.h"
#include "larder/core/clock.h"
#include "larder/core/function_ref.h"

namespace larder {

namespace detail {
struct ReaderSource;
}  // namespace detail

/// Gives the next bytes of a stream: puts them into `buffer` and returns how many there are, 0 at
/// the end. What it throws ends the call that it was given to, with nothing stored.
using ByteSource = FunctionRef<std::size_t(std::span<std::byte> buffer)>;

/// The bytes of one value, read as a whole, in pieces or in place. It shows the value as it was
/// when the reader was made, for as long as the reader lives: also if the entry is replaced, erased
/// or evicted meanwhile, and also if the cache is closed.
///
/// Whatever `read`, `read_at` and `map` give is held against checksums. They throw `Error`
/// `corrupt` if the value is damaged, and give nothing of the damaged part.
///
/// Not thread-safe; movable.
class ValueReader {
 public:
  explicit ValueReader(std::unique_ptr<detail::ReaderSource> source);
  ValueReader(ValueReader&& other) noexcept;
  ValueReader& operator=(ValueReader&& other) noexcept;
  ~ValueReader();

  /// Size of the value in bytes.
  [[nodiscard]] std::uint64_t size() const noexcept;

  /// Reads on from where the last `read` ended. Returns how many bytes there were, 0 at the end.
  std::size_t read(std::span<std::byte> out);

  /// Reads from `offset` on. Returns how many bytes there were; less than asked for only at the
  /// end.
  std::size_t read_at(std::uint64_t offset, std::span<std::byte> out) const;

  /// The whole value in place, checked once. Valid while the reader lives.
  [[nodiscard]] BytesView map();

  /// A descriptor from whose offset 0 on the value stands, `size()` bytes of it, for `sendfile` and
  /// the like. What is read from it is not checked: call `check()` before. Belongs to the reader;
  /// its file position must not be relied on, and what lies behind the value is not part of it.
  [[nodiscard]] int descriptor();

  /// Reads everything once, to know that it is whole.
  /// @throws Error `corrupt` if it is not
  void check() const;

  /// When the value was stored.
  [[nodiscard]] WallTime stored_at() const noexcept;
  /// When it expires, if ever.
  [[nodiscard]] std::optional<WallTime> expires_at() const noexcept;
  /// Its tags, sorted.
  [[nodiscard]] const std::vector<std::string>& tags() const noexcept;

 private:
  std::unique_ptr<detail::ReaderSource> source_;
  std::uint64_t position_ = 0;
};

}  // namespace larder
