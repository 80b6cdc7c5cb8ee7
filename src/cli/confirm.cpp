// SPDX-License-Identifier: Apache-2.0
#include "cli/confirm.h"

#include <unistd.h>

#include <string>

#include "cli/console.h"
#include "cli/exit_code.h"
#include "larder/core/io.h"

namespace larder::cli {

bool confirm(std::string_view question, std::string_view what) {
  if (::isatty(STDIN_FILENO) == 0) {
    throw UsageError(std::string(what) + ": add --yes where nobody can be asked");
  }
  static_cast<void>(write_to(STDERR_FILENO, as_bytes(std::string(question) + " [y/N] ")));
  std::byte answer{};
  const ssize_t size = Io::system().read(STDIN_FILENO, &answer, 1);
  return size == 1 && (answer == std::byte{'y'} || answer == std::byte{'Y'});
}

}  // namespace larder::cli
