// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "common/report.h"
#include "structures/shared_number.h"

namespace larder::bench {

/// What one process is asked to do.
struct Request {
  std::string loop;
  std::uint32_t calls = 0;
  double seconds = 0.0;  ///< For loops without a number of calls.
};

/// The structures of larder, or those of diskcache, in a folder of their own.
class Side {
 public:
  /// @param program starts a process that runs loops; it gets the folder as last argument.
  Side(std::string name, const std::filesystem::path& folder, std::vector<std::string> program);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  /// Runs all `requests` at once, each in a process of its own. The first process stays from call
  /// to call.
  Sample run(const std::vector<Request>& requests);

 private:
  std::string name_;
  std::vector<std::string> program_;
  SharedNumber held_;
  std::vector<std::unique_ptr<ChildProcess>> processes_;
};

}  // namespace larder::bench
