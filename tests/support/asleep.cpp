// SPDX-License-Identifier: Apache-2.0
#include "support/asleep.h"

#include <string>
#include <string_view>
#include <thread>

#include "larder/core/io.h"

namespace larder::test {

void wait_until_asleep(pid_t thread) {
  const std::string file = "/proc/self/task/" + std::to_string(thread) + "/stat";
  for (;;) {
    const Bytes stat = read_file(Io::system(), file);
    const std::string_view text = as_text(stat);
    // The name before it, in brackets, may hold anything.
    if (text.substr(text.rfind(')') + 1).starts_with(" S ")) return;
    std::this_thread::yield();
  }
}

}  // namespace larder::test
