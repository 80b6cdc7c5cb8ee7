// SPDX-License-Identifier: Apache-2.0
#include "larder/core/process.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>

#include "core/other_process.h"
#include "larder/core/error.h"
#include "larder/core/io.h"
#include "larder/core/thread.h"

namespace larder {
namespace {

// Everything remembered here is lock-free: a child made while another thread held a lock would wait
// for it for ever.
constinit std::atomic<std::uint64_t> generation{0};
constinit std::atomic<std::uint64_t> known_generation{UINT64_MAX};
constinit std::atomic<std::uint64_t> known_start_ticks{0};
constinit std::atomic<const std::string*> known_boot_id{nullptr};

void count_fork() noexcept { generation.fetch_add(1, std::memory_order_relaxed); }

// Before the constructors of all static objects, any of which may fork. It fails only without
// memory, where no program starts.
[[gnu::constructor(101)]] void watch_forks() {
  static_cast<void>(::pthread_atfork(nullptr, nullptr, &count_fork));
}

/// What proc(5) stat tells about a process.
struct ProcessStatus {
  char state = '?';
  std::uint64_t threads = 0;
  std::uint64_t start_ticks = 0;
};

/// Takes the next blank-separated word off `text`.
std::string_view take_word(std::string_view& text) noexcept {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return text = {};
  text.remove_prefix(begin);
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

std::uint64_t to_number(std::string_view word) noexcept {
  std::uint64_t number = 0;
  std::from_chars(word.data(), word.data() + word.size(), number);
  return number;
}

/// Field 2 is the name of the program, in parentheses, and may itself hold blanks and parentheses:
/// the last closing one ends it.
std::optional<ProcessStatus> parse_status(std::string_view text) noexcept {
  const std::size_t end_of_name = text.rfind(')');
  if (end_of_name == std::string_view::npos) return std::nullopt;
  text.remove_prefix(end_of_name + 1);
  ProcessStatus status;
  for (int field = 3; field <= 22; ++field) {
    const std::string_view word = take_word(text);
    if (word.empty()) return std::nullopt;
    if (field == 3) status.state = word.front();
    if (field == 20) status.threads = to_number(word);
    if (field == 22) status.start_ticks = to_number(word);
  }
  return status;
}

/// The whole of a file below `/proc`, or a negative `errno`. Not `read_file`: that a process is
/// gone is no exception here.
int read_proc(const std::string& path, std::string& content) {
  Io& io = Io::system();
  const int fd = io.open(path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return fd;
  const File file(io, fd);
  content.resize(4096);
  const ssize_t size = io.read(fd, reinterpret_cast<std::byte*>(content.data()), content.size());
  if (size < 0) return static_cast<int>(size);
  content.resize(static_cast<std::size_t>(size));
  return 0;
}

std::uint64_t read_start_ticks(const std::string& path) {
  std::string text;
  const int result = read_proc(path, text);
  if (result < 0) throw system_error(result, "cannot read \"" + path + '"');
  const auto status = parse_status(text);
  if (!status) throw Error(ErrorKind::not_supported, "cannot understand \"" + path + '"');
  return status->start_ticks;
}

}  // namespace

std::uint64_t fork_generation() noexcept { return generation.load(std::memory_order_relaxed); }

std::string boot_id() {
  if (const auto* known = known_boot_id.load(std::memory_order_acquire)) return *known;
  std::string text;
  const int result = read_proc("/proc/sys/kernel/random/boot_id", text);
  if (result == -ENOENT || result == -EACCES) return {};
  if (result < 0) throw system_error(result, "cannot read \"/proc/sys/kernel/random/boot_id\"");
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();

  auto mine = std::make_unique<const std::string>(text);
  const std::string* none = nullptr;
  if (known_boot_id.compare_exchange_strong(none, mine.get(), std::memory_order_acq_rel)) {
    static_cast<void>(mine.release());  // kept for the whole program
  }
  return text;
}

ProcessIdentity current_process() {
  const std::uint64_t here = fork_generation();
  if (known_generation.load(std::memory_order_acquire) != here) {
    known_start_ticks.store(read_start_ticks("/proc/self/stat"), std::memory_order_relaxed);
    known_generation.store(here, std::memory_order_release);
  }
  return {.pid = ::getpid(),
          .start_ticks = known_start_ticks.load(std::memory_order_relaxed),
          .boot_id = boot_id()};
}

ProcessIdentity current_thread() {
  return {.pid = ::gettid(),
          .start_ticks = read_start_ticks("/proc/thread-self/stat"),
          .boot_id = boot_id()};
}

bool is_running(const ProcessIdentity& identity) {
  if (identity.pid <= 0 || identity.boot_id != boot_id()) return false;
  const std::string path = "/proc/" + std::to_string(identity.pid) + "/stat";
  std::string text;
  const int result = read_proc(path, text);
  if (result == -ENOENT || result == -ESRCH || result == -EACCES || result == -EPERM) {
    return has_process(identity.pid);
  }
  if (result < 0) throw system_error(result, "cannot read \"" + path + '"');
  const auto status = parse_status(text);
  if (!status) return has_process(identity.pid);
  if (status->start_ticks != identity.start_ticks) return false;
  // When only the first thread has ended, the state is that of a zombie too.
  const bool ended = status->state == 'X' || status->state == 'x' ||
                     (status->state == 'Z' && status->threads <= 1);
  return !ended;
}

}  // namespace larder
