// SPDX-License-Identifier: Apache-2.0
#include "cli/run/output_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "cli/run/file_clock.h"
#include "larder/core/error.h"
#include "larder/core/io.h"
#include "larder/core/random.h"

namespace larder::cli {
namespace {

namespace fs = std::filesystem;

constexpr mode_t permission_bits = 0777;

std::optional<FileState> look_at(const std::string& path) {
  struct stat status = {};
  // What cannot be looked at is a matter of reading it later.
  if (Io::system().stat(path, status) < 0) return std::nullopt;
  return FileState(status);
}

std::optional<OutputFile> read_output(const std::string& path,
                                      const std::optional<FileState>& before,
                                      std::uint64_t max_bytes) {
  Io& io = Io::system();
  struct stat status = {};
  const int found = io.stat(path, status);
  if (found == -ENOENT || (found == 0 && before == FileState(status))) return std::nullopt;
  if (found < 0) throw system_error(-found, "cannot read output " + path);
  if (!S_ISREG(status.st_mode)) throw NotKept("output '" + path + "' is not a regular file");
  if (static_cast<std::uint64_t>(status.st_size) > max_bytes) {
    throw NotKept("output '" + path + "' is too large; --max-result-size raises the limit");
  }
  return OutputFile{
      .path = path, .mode = status.st_mode & permission_bits, .data = read_file(io, path)};
}

// Where a write to `path` goes: behind symbolic links, also those that lead to nothing yet.
fs::path target_of(const std::string& path) {
  constexpr int most_links = 40;  // as for the kernel
  fs::path target = fs::absolute(path);
  for (int i = 0; i < most_links; ++i) {
    std::error_code error;
    const fs::path next = fs::read_symlink(target, error);
    if (error) return target;
    target = target.parent_path() / next;
  }
  throw system_error(ELOOP, "cannot write " + path);
}

// A new file beside its final place. It has no name until it is complete, so that a run that is
// killed leaves nothing behind.
class StagedFile {
 public:
  explicit StagedFile(const OutputFile& file) : target_(target_of(file.path)) {
    Io& io = Io::system();
    const fs::path folder = target_.parent_path();
    const int fd = io.open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0 && fd != -EOPNOTSUPP && fd != -EISDIR) {
      throw system_error(-fd, "cannot write " + target_.string());
    }
    file_ = fd >= 0 ? File(io, fd) : File(io, make_name(), O_CREAT | O_EXCL | O_WRONLY, 0600);
    write_all(io, file_.fd(), file.data, target_);
    const int changed = io.fchmod(file_.fd(), file.mode);
    if (changed < 0) throw system_error(-changed, "cannot set the mode of " + target_.string());
  }

  StagedFile(StagedFile&& other) noexcept
      : target_(std::move(other.target_)),
        name_(std::exchange(other.name_, {})),
        file_(std::move(other.file_)) {}
  StagedFile& operator=(StagedFile&&) = delete;

  ~StagedFile() {
    if (!name_.empty()) Io::system().unlink(name_);
  }

  void publish() {
    if (name_.empty()) give_name();
    const int renamed = Io::system().rename(name_, target_);
    if (renamed < 0) throw system_error(-renamed, "cannot write " + target_.string());
    name_.clear();
  }

 private:
  const fs::path& make_name() {
    name_ = target_.parent_path() / (".larder-" + std::to_string(random_seed()));
    return name_;
  }

  void give_name() {
    const std::string source = "/proc/self/fd/" + std::to_string(file_.fd());
    const fs::path name = make_name();
    if (::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0) {
      name_.clear();
      throw system_error(errno, "cannot write " + target_.string());
    }
  }

  fs::path target_;
  fs::path name_;
  File file_;
};

}  // namespace

DeclaredOutputs::DeclaredOutputs(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) files_.push_back({.path = path, .before = look_at(path)});
  for (const Declared& file : files_) {
    if (file.before) wait_for_file_time_after(file.before->ctime_ns);
  }
}

std::vector<OutputFile> DeclaredOutputs::read(MissingOutput missing,
                                              std::uint64_t max_bytes) const {
  std::vector<OutputFile> files;
  for (const auto& [path, before] : files_) {
    std::optional<OutputFile> file = read_output(path, before, max_bytes);
    if (!file && missing == MissingOutput::skip) continue;
    if (!file) throw NotKept("the command did not write output '" + path + "'");
    max_bytes -= std::min<std::uint64_t>(max_bytes, file->data.size());
    files.push_back(std::move(*file));
  }
  return files;
}

void restore_outputs(const std::vector<OutputFile>& files) {
  std::vector<StagedFile> staged;
  staged.reserve(files.size());
  for (const OutputFile& file : files) staged.emplace_back(file);
  for (StagedFile& file : staged) file.publish();
}

}  // namespace larder::cli
