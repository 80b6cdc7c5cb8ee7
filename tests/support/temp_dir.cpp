// SPDX-License-Identifier: Apache-2.0
#include "support/temp_dir.h"

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

namespace larder::test {

TempDir::TempDir(const std::filesystem::path& base) {
  const auto parent = base.empty() ? std::filesystem::temp_directory_path() : base;
  std::string name = (parent / "larder-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error("cannot make a temporary folder in " + parent.string());
  }
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path memory_folder() {
  const std::filesystem::path shm = "/dev/shm";
  std::error_code error;
  return std::filesystem::is_directory(shm, error) ? shm : std::filesystem::temp_directory_path();
}

}  // namespace larder::test
