// SPDX-License-Identifier: Apache-2.0
#include "cache/files/file_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/xxh3.h"
#include "larder/core/error.h"
#include "larder/core/random.h"

namespace larder::detail {

namespace {

constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

mode_t directory_mode(mode_t file_mode) noexcept { return file_mode | ((file_mode & 0444U) >> 2U); }

// Leads to an open directory, wherever it was moved.
std::filesystem::path descriptor_path(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

// What the update that this thread is in will remove if it commits.
std::vector<std::uint64_t>& leaving() {
  thread_local std::vector<std::uint64_t> names;
  return names;
}

std::uint64_t random_name() {
  // Each thread goes its own way; two that meet see that the name is taken.
  thread_local Random random(random_seed());
  for (;;) {
    if (const std::uint64_t name = random()) return name;
  }
}

}  // namespace

FileStore::FileStore(Engine& engine, Io& io, const std::string& name)
    : engine_(engine), io_(io), place_(engine.place()), name_(name), in_flight_(engine, name) {
  if (!place_.directory.empty()) path_ = place_.directory / ("values-" + name);
}

std::filesystem::path FileStore::path_of(std::uint64_t name) const {
  return path_ / bucket_of(name) / leaf_of(name);
}

int FileStore::root(Missing missing) {
  if (const int root = root_.load(std::memory_order_acquire); root >= 0) return root;
  const MutexLock lock(opening_);
  if (const int root = root_.load(std::memory_order_relaxed); root >= 0) return root;
  root_file_ = open_root(missing);
  root_.store(root_file_.fd(), std::memory_order_release);
  return root_file_.fd();
}

File FileStore::open_root(Missing missing) {
  int fd = io_.openat(AT_FDCWD, path_, folder_flags, 0);
  if (fd == -ENOENT && missing == Missing::make) {
    const mode_t mode = directory_mode(place_.mode);
    const int made = io_.mkdirat(AT_FDCWD, path_, mode);
    if (made < 0 && made != -EEXIST) throw system_error(made, "create " + path_.string());
    if (made == 0) io_.chmod(path_, mode);  // the umask may have taken bits away
    fd = io_.openat(AT_FDCWD, path_, folder_flags, 0);
    if (place_.durability == Durability::durable) sync_directory(io_, place_.directory);
  }
  if (fd == -ENOENT) return {};
  if (fd == -ELOOP || fd == -ENOTDIR) {
    throw Error(ErrorKind::denied,
                path_.string() + " cannot be used for values: it must be a directory and no link");
  }
  if (fd < 0) throw system_error(fd, "open " + path_.string());
  File root(io_, fd);
  check_root(root);
  return root;
}

void FileStore::check_root(const File& root) {
  struct stat own = {};
  struct stat outer = {};
  int result = io_.fstat(root.fd(), own);
  if (result == 0) result = io_.stat(place_.directory, outer);
  if (result < 0) throw system_error(result, "look at " + path_.string());
  const bool is_foreign = own.st_uid != ::geteuid() && own.st_uid != outer.st_uid;
  const bool is_open = (own.st_mode & ~directory_mode(place_.mode) & S_IWOTH) != 0;
  if (is_foreign || is_open) {
    throw Error(ErrorKind::denied, path_.string() +
                                       (is_foreign ? " belongs to another user than its directory"
                                                   : " may be written by everybody") +
                                       ": values there cannot be trusted; remove it");
  }
}

File FileStore::bucket(std::uint64_t name, Missing missing) {
  const int parent = root(missing);
  if (parent < 0) return {};
  const std::string bucket = bucket_of(name);
  int fd = io_.openat(parent, bucket, folder_flags, 0);
  if (fd == -ENOENT && missing == Missing::make) {
    const mode_t mode = directory_mode(place_.mode);
    const int made = io_.mkdirat(parent, bucket, mode);
    if (made < 0 && made != -EEXIST) throw system_error(made, "create " + path_.string());
    if (made == 0) io_.chmod(descriptor_path(parent) / bucket, mode);
    fd = io_.openat(parent, bucket, folder_flags, 0);
    if (place_.durability == Durability::durable) io_.fsync(parent);
  }
  if (fd == -ENOENT) return {};
  if (fd < 0) throw system_error(fd, "open " + (path_ / bucket).string());
  return {io_, fd};
}

FileNote FileStore::note_of(std::uint64_t name) {
  return {std::shared_ptr<InFlight>(shared_from_this(), &in_flight_), name};
}

std::shared_ptr<NewFile> FileStore::create() {
  if (place_.is_read_only) {
    throw Error(ErrorKind::denied, path_.string() + " is open read-only: nothing can be stored");
  }
  constexpr int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  for (;;) {
    const std::uint64_t name = random_name();
    const File parent = bucket(name, Missing::make);
    FileNote note = note_of(name);
    const int fd = io_.openat(parent.fd(), leaf_of(name), flags, place_.mode);
    if (fd < 0) {
      note.settle();
      if (fd == -EEXIST) continue;
      throw system_error(fd, "create " + path_of(name).string());
    }
    auto made = std::make_shared<NewFile>(shared_from_this(), name, std::move(note), File(io_, fd));
    if (const int result = io_.fchmod(fd, place_.mode); result < 0) {
      throw system_error(result, "set the permissions of " + path_of(name).string());
    }
    if (const int result = io_.flock(fd, LOCK_EX); result < 0) {
      throw system_error(result, "lock " + path_of(name).string());
    }
    struct stat status = {};
    // A sweep may have taken it before it was locked.
    if (io_.fstat(fd, status) == 0 && status.st_nlink > 0) return made;
  }
}

int FileStore::open_name(std::uint64_t name, int flags) {
  const File parent = bucket(name, Missing::leave);
  if (parent.fd() < 0) return -ENOENT;
  return io_.openat(parent.fd(), leaf_of(name), flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0);
}

std::optional<OpenFile> FileStore::open(const FileRef& ref) {
  if (!is_available()) return std::nullopt;
  const int fd = open_name(ref.name, O_RDONLY);
  if (fd == -ENOENT) return std::nullopt;
  if (fd == -ELOOP) throw Error(ErrorKind::corrupt, path_of(ref.name).string() + " is a link");
  if (fd < 0) throw system_error(fd, "open " + path_of(ref.name).string());
  return OpenFile(io_, File(io_, fd), ref);
}

bool FileStore::load(const FileRef& ref, std::size_t head_bytes, Bytes& content) {
  const std::optional<OpenFile> file = open(ref);
  if (!file) return false;
  const std::size_t size = head_bytes + static_cast<std::size_t>(ref.bytes);
  if (content.capacity() < size) content.clear();  // or it would be copied
  content.resize(size);
  file->read(0, std::span(content).subspan(head_bytes));
  return true;
}

void FileStore::bring_along(WriteTxn& txn, std::uint64_t name) const {
  if (place_.durability != Durability::consistent) return;
  txn.needs_file(path_.filename() / bucket_of(name) / leaf_of(name));
}

void FileStore::remove_at_end(WriteTxn& txn, std::uint64_t name) {
  // Whoever cannot remove it leaves the note behind, and a sweep does it.
  const auto note = std::make_shared<FileNote>(note_of(name));
  txn.at_end([self = shared_from_this(), name, note](UpdateEnd end) {
    std::erase(leaving(), name);
    if (end == UpdateEnd::undone) note->settle();
  });
  leaving().push_back(name);
  txn.when_durable([self = shared_from_this(), name, note] {
    self->remove(name);
    note->settle();
  });
}

void FileStore::remove(std::uint64_t name) noexcept {
  try {
    const File parent = bucket(name, Missing::leave);
    if (parent.fd() < 0) return;
    const int result = io_.unlinkat(parent.fd(), leaf_of(name));
    if (result < 0 && result != -ENOENT) in_flight_.expect_leftovers();
  } catch (...) {
    in_flight_.expect_leftovers();  // the next sweep takes it
  }
}

FileState FileStore::try_lock(std::uint64_t name, File& file) {
  if (std::ranges::find(leaving(), name) != leaving().end()) return FileState::leaving;
  const int fd = open_name(name, O_RDONLY);
  if (fd == -ENOENT) return FileState::missing;
  if (fd < 0) return FileState::settled;
  file = File(io_, fd);
  return io_.flock(fd, LOCK_EX | LOCK_NB) < 0 ? FileState::in_making : FileState::settled;
}

bool FileStore::remove_leftover(std::uint64_t name) {
  // Locked until it is gone: whoever has just made it sees that it has no name any more.
  File file;
  if (try_lock(name, file) != FileState::settled) return false;
  remove(name);
  return true;
}

FileState FileStore::look_at(std::uint64_t name) {
  File file;
  return try_lock(name, file);
}

void FileStore::list(FunctionRef<void(std::uint64_t name)> visit,
                     FunctionRef<void(const std::string& path)> stranger) {
  if (!is_available()) return;
  const int parent = root(Missing::leave);
  if (parent < 0) return;
  const auto names_in = [this](int directory) {
    std::vector<std::string> names;
    io_.list(descriptor_path(directory), [&](std::string_view name) { names.emplace_back(name); });
    return names;
  };
  for (const std::string& outer : names_in(parent)) {
    const int fd = io_.openat(parent, outer, folder_flags, 0);
    if (fd == -ENOENT) continue;
    if (fd == -ENOTDIR || fd == -ELOOP) {
      stranger(outer);
      continue;
    }
    if (fd < 0) throw system_error(fd, "open " + (path_ / outer).string());
    const File directory(io_, fd);
    for (const std::string& leaf : names_in(fd)) {
      if (const auto name = parse_file_name(outer, leaf)) {
        visit(*name);
      } else {
        std::string path = outer;
        stranger(path.append("/").append(leaf));
      }
    }
  }
}

void FileStore::make_durable(std::uint64_t name, int fd) {
  if (place_.durability != Durability::durable) return;
  int result = io_.fdatasync(fd);
  if (result == 0) result = io_.fsync(bucket(name, Missing::leave).fd());
  if (result < 0) throw system_error(result, "sync " + path_of(name).string());
}

}  // namespace larder::detail
