// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/shared_page.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>
#include <new>

#include "engine/lmdb/directory.h"
#include "engine/lmdb/thread_sanitizer.h"
#include "larder/core/error.h"
#include "larder/core/process.h"

namespace larder::lmdb {
namespace {

constexpr std::size_t mapped_bytes =
    sizeof(SharedPage) + sizeof(ClaimTable) + sizeof(GenerationTable);

}  // namespace

void make_robust(pthread_mutex_t& mutex) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  const int result = pthread_mutex_init(&mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
  if (result != 0) throw system_error(result, "create a lock between processes");
}

bool is_held(pthread_mutex_t& mutex, int result) noexcept {
  if (result == EOWNERDEAD) pthread_mutex_consistent(&mutex);
  return result == 0 || result == EOWNERDEAD;
}

SharedMapping::SharedMapping(Io& io, const std::filesystem::path& file, mode_t mode, Origin origin)
    : io_(io) {
  const bool fresh = origin == Origin::fresh;
  if (fresh) ensure_file(io, file, mode);
  const bool is_read_only = origin == Origin::read_only;
  const File handle(io, file, (is_read_only ? O_RDONLY : O_RDWR) | O_NOFOLLOW);
  if (fresh) {
    int result = io.ftruncate(handle.fd(), 0);
    // Reserved, not only sized: a store to a page that a full device cannot back would be fatal.
    if (result == 0) result = io.fallocate(handle.fd(), 0, 0, mapped_bytes);
    if (result == -EOPNOTSUPP) {
      pwrite_all(io, handle.fd(), Bytes(mapped_bytes), 0, file);
      result = 0;
    }
    if (result < 0) throw system_error(-result, "create " + file.string());
  }
  struct stat status{};
  if (const int result = io.fstat(handle.fd(), status); result < 0) {
    throw system_error(-result, "open " + file.string());
  }
  if (static_cast<std::uint64_t>(status.st_size) < mapped_bytes) {
    throw Error(ErrorKind::not_supported,
                file.string() + " is in use by another version of larder; close it there first");
  }
  const int protection = is_read_only ? PROT_READ : PROT_READ | PROT_WRITE;
  void* address = io.mmap(mapped_bytes, protection, MAP_SHARED, handle.fd(), 0);
  if (address == MAP_FAILED) throw system_error(errno, "map " + file.string());
  page_ = static_cast<SharedPage*>(address);
  if (fresh) {
    new (page_) SharedPage{};
    page_->state.store(LogState{}.pack(), std::memory_order_relaxed);
    make_robust(page_->write_mutex);
    make_robust(page_->apply_mutex);
    make_robust(page_->claim_mutex);
    page_->bytes = mapped_bytes;
    page_->magic = shared_magic;
  } else if (page_->magic != shared_magic || page_->bytes != mapped_bytes) {
    io.munmap(address, mapped_bytes);
    throw Error(ErrorKind::not_supported,
                file.string() + " is in use by another version of larder; close it there first");
  }
}

SharedMapping::~SharedMapping() { io_.munmap(page_, mapped_bytes); }

RobustLock::RobustLock(pthread_mutex_t& mutex, SteadyTime deadline)
    : mutex_(mutex), forks_(fork_generation()) {
  int result = pthread_mutex_trylock(&mutex_);
  if (result == EBUSY) result = lock_until(mutex_, deadline);
  if (!is_held(mutex_, result)) {
    throw Error(ErrorKind::unavailable, "another writer did not finish in time");
  }
}

RobustLock::~RobustLock() {
  // In the child of a fork the lock is still the parent's.
  if (forks_ == fork_generation()) pthread_mutex_unlock(&mutex_);
}

}  // namespace larder::lmdb
