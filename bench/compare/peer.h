// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "common/report.h"
#include "compare/options.h"

namespace larder::bench {

/// What a loop is asked to do.
struct Request {
  std::string loop;            ///< Name of the operation.
  std::filesystem::path plan;  ///< File with its steps.
  std::uint64_t version = 0;   ///< Version of the values that are put or expected; 0: any.
  double seconds = 0.0;        ///< Repeats the plan for so long; 0 runs it once.
};

/// One store in a folder of its own, used by one process or several.
class Peer {
 public:
  Peer(std::string name, std::filesystem::path folder, const Options& options);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  /// @throws std::runtime_error if what is put is not what is got
  void prove();

  /// Runs one loop in one process.
  Sample run(const Request& request);

  /// Runs one loop for each request, all at once, each in a process of its own.
  Sample run_together(const std::vector<Request>& requests);

 private:
  [[nodiscard]] std::unique_ptr<ChildProcess> start() const;

  std::string name_;
  std::filesystem::path folder_;
  const Options& options_;
  std::vector<std::unique_ptr<ChildProcess>> processes_;
};

}  // namespace larder::bench
