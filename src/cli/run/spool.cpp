// SPDX-License-Identifier: Apache-2.0
#include "cli/run/spool.h"

#include <unistd.h>

#include "cli/nameless_file.h"
#include "cli/run/digest.h"
#include "larder/core/error.h"

namespace larder::cli {
Spool::Spool() : file_(make_nameless_file()) {}

void Spool::fill() {
  Digester digester;
  Bytes buffer(256UL * 1024);
  while (true) {
    const ssize_t size = Io::system().read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size < 0) throw system_error(static_cast<int>(-size), "cannot read standard input");
    if (size == 0) break;
    const BytesView data = BytesView(buffer).first(static_cast<std::size_t>(size));
    digester.update(data);
    write_all(Io::system(), file_.fd(), data, "a temporary file for standard input");
  }
  digest_ = to_bytes(digester.finish());
  ::lseek(file_.fd(), 0, SEEK_SET);
}

}  // namespace larder::cli
