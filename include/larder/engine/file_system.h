// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace larder {

/// What a file system means for an engine in it.
enum class FileSystemKind {
  local,    ///< Good, or not known to be anything else.
  memory,   ///< Empty after a restart of the machine.
  mixed,    ///< Local or over a network, which does not show: an engine opens, at the user's risk.
  network,  ///< Processes of different machines cannot share memory there: no engine opens.
};

/// What is known about a type of file systems.
struct FileSystem {
  std::string_view name = {};  ///< As mount(8) writes it. Empty if it is not known.
  FileSystemKind kind = FileSystemKind::local;
};

/// What is known about the type that `Io::file_system_type()` returned.
[[nodiscard]] FileSystem describe_file_system(std::int64_t type) noexcept;

}  // namespace larder
