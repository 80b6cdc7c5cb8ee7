// SPDX-License-Identifier: Apache-2.0
#include "cache/reports.h"

#include <vector>

namespace larder::detail {

namespace {

void add_problems(std::vector<std::string>& all, const std::string& part,
                  const std::vector<std::string>& problems) {
  for (const std::string& problem : problems) {
    all.push_back(std::string(part).append(": ").append(problem));
  }
}

}  // namespace

void add_part(VerifyReport& all, const std::string& part, const VerifyReport& one) {
  all.entries += one.entries;
  all.bytes += one.bytes;
  add_problems(all.problems, part, one.problems);
}

void add_part(RepairReport& all, const std::string& part, const RepairReport& one) {
  all.entries += one.entries;
  all.removed += one.removed;
  add_problems(all.problems, part, one.problems);
}

}  // namespace larder::detail
