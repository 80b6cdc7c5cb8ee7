// SPDX-License-Identifier: Apache-2.0

// The lines of JSON that `larder import` reads: from whatever file, it stores or refuses. The input
// is also taken with the first line that every export has, so that the rest is reached.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "cli/console.h"
#include "cli/transfer/line_reader.h"
#include "larder/cache/cache.h"
#include "larder/core/error.h"
#include "larder/core/io.h"

namespace larder::cli {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void import(std::string_view text) {
  Io& io = Io::system();
  const File file(io, io.memory_file("lines"));
  require(file.fd() >= 0);
  const std::string name = "/proc/self/fd/" + std::to_string(file.fd());
  write_all(io, file.fd(), as_bytes(text), name);
  Console console;
  console.set_detail(Detail::quiet);
  Cache cache(open_memory_engine(), {.max_bytes = 1U << 20U});
  Intake intake([&] { return cache; }, Existing::replace, Intake::Telling::lines, console);
  try {
    read_lines(name, intake, console);
    intake.flush();
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::not_supported || error.kind() == ErrorKind::corrupt);
  }
  require(cache.verify().problems.empty());
  require(cache.size() <= intake.report().taken);
}

}  // namespace
}  // namespace larder::cli

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  larder::cli::import(text);
  larder::cli::import("{\"format\": \"larder\", \"version\": 1}\n" + std::string(text));
  return 0;
}
