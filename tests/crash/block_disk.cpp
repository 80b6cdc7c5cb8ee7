// SPDX-License-Identifier: Apache-2.0
#include "crash/block_disk.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

namespace larder::test {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// Becomes another program, which ends when the parent does.
int become(std::vector<std::string> words) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  return 127;
}

bool has_program(const std::string& name) {
  for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) {
    if (::access((folder + name).c_str(), X_OK) == 0) return true;
  }
  return false;
}

/// Waits for something that another process is about to do.
template <typename Condition>
void wait_for(const std::string& what, Condition condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("no " + what);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // sleeps: polls
  }
}

int open_loop(std::string& path) {
  const int control = ::open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  if (control < 0) fail("open /dev/loop-control");
  const int number = ::ioctl(control, LOOP_CTL_GET_FREE);
  ::close(control);
  if (number < 0) fail("get a loop device");
  path = "/dev/loop" + std::to_string(number);
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) fail("open " + path);
  return fd;
}

std::uint64_t entries_in(int log) {
  std::uint64_t entries = 0;
  if (::pread(log, &entries, sizeof(entries), 16) != sizeof(entries)) return 0;
  return entries;
}

}  // namespace

std::string why_no_block_disk() {
  if (::geteuid() != 0) return "needs root";
  if (::access("/dev/fuse", R_OK | W_OK) != 0) return "needs /dev/fuse";
  for (const char* program : {"qemu-storage-daemon", "mkfs.ext4"}) {
    if (!has_program(program)) return std::string("needs ") + program;
  }
  try {
    std::string path;
    ::close(open_loop(path));
  } catch (const std::system_error& error) {
    return std::string("needs loop devices: ") + error.what();
  }
  const ChildEnd end = run_in_child([] { return ::unshare(CLONE_NEWNS) == 0 ? 0 : 1; });
  return end.is_good() ? "" : "may not mount";
}

void keep_mounts_to_oneself() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::unshare(CLONE_NEWNS) != 0) fail("unshare");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail("mount");
}

void make_ext4(const fs::path& file, std::uint64_t bytes) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || ::ftruncate(fd, static_cast<off_t>(bytes)) != 0) fail("create " + file.string());
  ::close(fd);
  const ChildEnd end = run_in_child([&] {
    return become({"mkfs.ext4", "-q", "-F", "-E", "nodiscard", "-J", "size=4", file.string()});
  });
  if (!end.is_good()) throw std::runtime_error("mkfs.ext4 failed");
}

LoopDevice::LoopDevice(const fs::path& file) {
  const int backing = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (backing < 0) fail("open " + file.string());
  // Whatever happens to this process, the device is free again when nobody has it open.
  loop_config config{};
  config.fd = static_cast<std::uint32_t>(backing);
  config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
  do {
    if (fd_ >= 0) ::close(fd_);
    fd_ = open_loop(path_);
  } while (::ioctl(fd_, LOOP_CONFIGURE, &config) != 0 && errno == EBUSY);
  ::close(backing);
}

LoopDevice::~LoopDevice() { ::close(fd_); }

Mounted::Mounted(const LoopDevice& device, const fs::path& folder) : folder_(folder) {
  fs::create_directories(folder);
  if (::mount(device.path().c_str(), folder.c_str(), "ext4", MS_NOATIME, nullptr) != 0) {
    fail("mount " + device.path());
  }
}

Mounted::~Mounted() { ::umount2(folder_.c_str(), 0); }

LoggedDisk::LoggedDisk(const fs::path& backing, const fs::path& file, const fs::path& log)
    : log_(::open(log.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)), server_([&] {
        const int empty = ::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        ::close(empty);
        return become(
            {"qemu-storage-daemon", "--blockdev",
             "driver=file,node-name=base,filename=" + backing.string(), "--blockdev",
             "driver=file,node-name=log,filename=" + log.string(), "--blockdev",
             "driver=blklogwrites,node-name=both,file=base,log=log,log-super-update-interval=1",
             "--export",
             "type=fuse,id=disk,node-name=both,mountpoint=" + file.string() + ",writable=on"});
      }) {
  const auto bytes = fs::file_size(backing);
  wait_for("disk from qemu-storage-daemon", [&] {
    struct stat status{};
    return ::stat(file.c_str(), &status) == 0 &&
           static_cast<std::uint64_t>(status.st_size) == bytes;
  });
}

LoggedDisk::~LoggedDisk() {
  server_.kill(SIGTERM);
  static_cast<void>(server_.wait());
  ::close(log_);
}

std::uint64_t LoggedDisk::entries() const { return entries_in(log_); }

}  // namespace larder::test
