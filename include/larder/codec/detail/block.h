// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "larder/codec/codec.h"
#include "larder/codec/schema.h"

namespace larder::detail {

/// What the numbers in a block are; `kind` is numpy's letter for it. Stored on disk: never change.
struct BlockElement {
  char kind = 'i';  ///< 'i' signed, 'u' unsigned, 'f' floating point, 'b' bool
  std::uint8_t size = 1;
  friend bool operator==(const BlockElement&, const BlockElement&) = default;
};

/// Writes the head of a block; the data follow as raw bytes.
void write_block_head(WireWriter& out, BlockElement element, std::span<const std::size_t> shape);

/// Reads a block of `element` and the dimensions of `shape`, of which the first is an output if
/// `first_is_open`. Returns the data, whose size fits the shape.
BytesView read_block(WireReader& in, BlockElement element, std::span<std::size_t> shape,
                     bool first_is_open);

/// Throws unless every byte is 0 or 1, as only those may become a `bool`.
void check_bools(WireReader& in, BytesView data);

/// A number that can be in a block, and how.
template <typename T>
struct BlockTraits {
  static constexpr bool is_block = false;
};

template <typename T>
  requires((std::is_integral_v<T> || std::is_same_v<T, float> || std::is_same_v<T, double>) &&
           !std::is_const_v<T> && !std::is_volatile_v<T>)
struct BlockTraits<T> {
  static constexpr bool is_block = true;
  static constexpr std::array<std::size_t, 0> shape = {};
  static constexpr BlockElement element = {std::is_same_v<T, bool>       ? 'b'
                                           : std::is_floating_point_v<T> ? 'f'
                                           : std::is_signed_v<T>         ? 'i'
                                                                         : 'u',
                                           sizeof(T)};
};

/// An array of what can be in a block, one dimension more.
template <typename T, std::size_t N>
struct ArrayBlockTraits {
  static constexpr bool is_block = BlockTraits<T>::is_block && N > 0;
  static constexpr auto shape = [] {
    std::array<std::size_t, BlockTraits<T>::shape.size() + 1> result = {N};
    for (std::size_t i = 1; i < result.size(); ++i) result[i] = BlockTraits<T>::shape[i - 1];
    return result;
  }();
  static constexpr BlockElement element = BlockTraits<T>::element;
};

template <typename T, std::size_t N>
  requires(BlockTraits<T>::is_block && N > 0)
struct BlockTraits<std::array<T, N>> : ArrayBlockTraits<T, N> {
  static_assert(sizeof(std::array<T, N>) == N * sizeof(T), "the elements have gaps");
};

template <typename T, std::size_t N>
  requires(BlockTraits<T>::is_block)
struct BlockTraits<T[N]> : ArrayBlockTraits<T, N> {};

/// A number, or arrays of numbers of a fixed size: it lies in memory as it does in a block.
template <typename T>
concept BlockItem = BlockTraits<T>::is_block;

static_assert(std::endian::native == std::endian::little,
              "blocks are copied as they are, and the format is little-endian");

/// Writes the `count` items from `first` as a block; `open` adds the dimension `count`.
template <BlockItem T>
void write_block(const T* first, std::size_t count, bool open, WireWriter& out) {
  constexpr auto& inner = BlockTraits<T>::shape;
  std::array<std::size_t, inner.size() + 1> shape = {count};
  for (std::size_t i = 0; i < inner.size(); ++i) shape[i + 1] = inner[i];
  write_block_head(out, BlockTraits<T>::element, std::span(shape).subspan(open ? 0 : 1));
  out.write_raw({reinterpret_cast<const std::byte*>(first), count * sizeof(T)});
}

/// The data of a block of items `T`; `open` is as it was in writing.
template <BlockItem T>
BytesView read_block_data(WireReader& in, bool open) {
  constexpr auto& inner = BlockTraits<T>::shape;
  std::array<std::size_t, inner.size() + 1> shape = {};
  for (std::size_t i = 0; i < inner.size(); ++i) shape[i + 1] = inner[i];
  const BytesView data =
      read_block(in, BlockTraits<T>::element, std::span(shape).subspan(open ? 0 : 1), open);
  if constexpr (BlockTraits<T>::element.kind == 'b') check_bools(in, data);
  return data;
}

/// Reads a block into `item`, which has a fixed shape.
template <BlockItem T>
void read_block_into(WireReader& in, T& item) {
  const BytesView data = read_block_data<T>(in, false);
  std::memcpy(&item, data.data(), sizeof(T));
}

/// The schema of a block of items `T`.
template <BlockItem T>
consteval std::uint64_t block_schema(bool open) {
  std::uint64_t hash = named_schema(open ? "blocks" : "block");
  hash = combined_schema(hash, static_cast<std::uint64_t>(BlockTraits<T>::element.kind));
  hash = combined_schema(hash, BlockTraits<T>::element.size);
  for (const std::size_t extent : BlockTraits<T>::shape) hash = combined_schema(hash, extent);
  return hash;
}

}  // namespace larder::detail
