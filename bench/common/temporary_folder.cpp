// SPDX-License-Identifier: Apache-2.0
#include "common/temporary_folder.h"

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

namespace larder::bench {

TemporaryFolder::TemporaryFolder(const std::filesystem::path& base) {
  std::string name = (base / "larder-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error("cannot make a temporary folder in " + base.string());
  }
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace larder::bench
