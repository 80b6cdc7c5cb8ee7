// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/png.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "cli/nameless_file.h"
#include "cli/spawn_actions.h"
#include "larder/core/error.h"
#include "larder/core/io.h"

namespace larder::cli {
namespace {

// A program of librsvg, and not the library: its headers bring those of half a desktop.
constexpr const char* converter = "rsvg-convert";

/// What the converter writes when it gets `input`, or nothing if there is none, or it fails.
std::optional<std::string> convert(const char* option, std::string_view input) {
  const File in = make_nameless_file();
  const File out = make_nameless_file();
  write_all(Io::system(), in.fd(), as_bytes(input), "a picture");
  ::lseek(in.fd(), 0, SEEK_SET);
  SpawnActions actions;
  actions.pass(in.fd(), STDIN_FILENO);
  actions.pass(out.fd(), STDOUT_FILENO);
  std::string program = converter;
  std::string first = option;
  std::array<char*, 3> arguments = {program.data(), first.data(), nullptr};
  pid_t pid = 0;
  if (::posix_spawnp(&pid, converter, actions.get(), nullptr, arguments.data(), environ) != 0) {
    return std::nullopt;
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) throw system_error(errno, std::string("wait for ") + converter);
  }
  if (status != 0) return std::nullopt;
  const Bytes output = read_file(Io::system(), "/proc/self/fd/" + std::to_string(out.fd()));
  return std::string(as_text(output));
}

}  // namespace

void check_png() {
  if (convert("--version", "")) return;
  throw Error(ErrorKind::not_supported,
              "a PNG needs the program 'rsvg-convert': install the package librsvg2-bin, or "
              "draw with --svg");
}

std::string to_png(std::string_view svg) {
  std::optional<std::string> png = convert("--zoom=2", svg);
  if (!png) throw Error(ErrorKind::not_supported, "rsvg-convert could not draw the picture");
  return *std::move(png);
}

}  // namespace larder::cli
