// SPDX-License-Identifier: Apache-2.0
#include "common/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace larder::bench {
namespace {

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "make a pipe");
  }
  return ends;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command) : name_(command.front()) {
  const std::array<int, 2> input = make_pipe();
  const std::array<int, 2> output = make_pipe();
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  const int code =
      ::posix_spawnp(&pid_, arguments.front(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(input[0]);
  ::close(output[1]);
  to_ = ::fdopen(input[1], "w");
  from_ = ::fdopen(output[0], "r");
  if (code != 0) {
    throw std::system_error(code, std::generic_category(), "start " + name_);
  }
}

ChildProcess::~ChildProcess() {
  std::fclose(to_);
  std::fclose(from_);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
}

void ChildProcess::write_line(const std::string& line) {
  std::fputs((line + "\n").c_str(), to_);
  if (std::fflush(to_) != 0) throw std::runtime_error(name_ + " does not listen any more");
}

std::string ChildProcess::read_line() {
  char* line = nullptr;
  std::size_t capacity = 0;
  const ssize_t length = ::getline(&line, &capacity, from_);
  std::string text = length > 0 ? std::string(line, static_cast<std::size_t>(length)) : "";
  std::free(line);
  if (text.empty()) throw std::runtime_error(name_ + " ended without an answer");
  if (text.back() == '\n') text.pop_back();
  return text;
}

std::string ChildProcess::read_all() {
  std::string text;
  std::array<char, 65536> part{};
  while (const std::size_t size = std::fread(part.data(), 1, part.size(), from_)) {
    text.append(part.data(), size);
  }
  if (text.empty()) throw std::runtime_error(name_ + " had nothing to say");
  return text;
}

void leave_interruptions_to_children() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    std::signal(signal, [](int) {});
  }
}

}  // namespace larder::bench
