// SPDX-License-Identifier: Apache-2.0
#include "common/machine.h"

#include <sys/utsname.h>
#include <sys/vfs.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <thread>

namespace larder::bench {
namespace {

std::string processor() {
  std::ifstream in("/proc/cpuinfo");
  std::string line;
  while (std::getline(in, line)) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::string kernel() {
  utsname names{};
  return ::uname(&names) == 0 ? std::string(names.sysname) + " " + names.release : "unknown";
}

std::string file_system(const std::filesystem::path& folder) {
  struct statfs status{};
  if (::statfs(folder.c_str(), &status) != 0) return "unknown";
  switch (static_cast<std::uint64_t>(status.f_type)) {
    case 0xEF53:
      return "ext4";
    case 0x58465342:
      return "xfs";
    case 0x9123683E:
      return "btrfs";
    case 0x01021994:
      return "tmpfs";
    case 0x794C7630:
      return "overlayfs";
    default:
      return "type " + std::to_string(status.f_type);
  }
}

std::string date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace

double load_average() {
  double load = 0.0;
  return ::getloadavg(&load, 1) == 1 ? load : 0.0;
}

nlohmann::ordered_json describe_machine(const std::filesystem::path& folder) {
  return {{"date", date()},
          {"processor", processor()},
          {"cores", std::thread::hardware_concurrency()},
          {"kernel", kernel()},
          {"file_system", file_system(folder)},
          {"build", LARDER_BUILD},
          {"load_before", load_average()}};
}

}  // namespace larder::bench
