// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>

#include "larder/core/bytes.h"
#include "larder/core/io.h"

namespace larder {

/// Where the bytes of a binary come from.
class ElfSource {
 public:
  ElfSource() = default;
  ElfSource(const ElfSource&) = delete;
  ElfSource& operator=(const ElfSource&) = delete;
  virtual ~ElfSource() = default;

  /// How long the file is.
  [[nodiscard]] virtual std::uint64_t size() const noexcept = 0;
  /// The bytes from `offset` on; they live as long as the source.
  /// @throws Error `corrupt` if they are not in the file
  [[nodiscard]] virtual BytesView read(std::uint64_t offset, std::uint64_t size) = 0;
};

/// Bytes that somebody else keeps.
class MemoryElfSource final : public ElfSource {
 public:
  explicit MemoryElfSource(BytesView bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size() const noexcept override { return bytes_.size(); }
  [[nodiscard]] BytesView read(std::uint64_t offset, std::uint64_t size) override;

 private:
  BytesView bytes_;
};

/// Reads only what is asked for: debug information is often ten times the rest. All that was asked
/// for stays in memory, and together it may be twice as long as the file at most.
class FileElfSource final : public ElfSource {
 public:
  FileElfSource(Io& io, std::filesystem::path path);
  [[nodiscard]] std::uint64_t size() const noexcept override { return size_; }
  [[nodiscard]] BytesView read(std::uint64_t offset, std::uint64_t size) override;

 private:
  Io& io_;
  std::filesystem::path path_;
  File file_;
  std::uint64_t size_ = 0;
  std::uint64_t read_ = 0;
  std::map<std::uint64_t, Bytes> parts_;
};

}  // namespace larder
