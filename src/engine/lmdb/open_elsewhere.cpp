// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/open_elsewhere.h"

#include <string>
#include <vector>

#include "larder/core/error.h"
#include "larder/engine/users.h"

namespace larder::lmdb {

void throw_open_elsewhere(const std::filesystem::path& directory, std::string_view deed) {
  std::string who;
  for (const pid_t pid : users_of_lmdb(directory)) {
    who += (who.empty() ? " in process " : ", ") + std::to_string(pid);
  }
  throw Error(ErrorKind::unavailable, directory.string() + " is open" + who +
                                          ": close it everywhere to " + std::string(deed) + " it");
}

}  // namespace larder::lmdb
