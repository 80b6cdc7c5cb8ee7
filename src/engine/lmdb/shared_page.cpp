// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/shared_page.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>
#include <new>

#include "engine/lmdb/device_space.h"
#include "engine/lmdb/directory.h"
#include "larder/core/error.h"

namespace larder::lmdb {
namespace {

constexpr std::size_t mapped_bytes =
    sizeof(SharedPage) + sizeof(ClaimTable) + sizeof(GenerationTable) + sizeof(EmptyRangeTable);

}  // namespace

SharedMapping::SharedMapping(Io& io, const std::filesystem::path& file, mode_t mode, Origin origin)
    : io_(io) {
  const bool fresh = origin == Origin::fresh;
  if (fresh) ensure_file(io, file, mode);
  const bool is_read_only = origin == Origin::read_only;
  const File handle(io, file, (is_read_only ? O_RDONLY : O_RDWR) | O_NOFOLLOW);
  if (fresh) {
    if (const int result = io.ftruncate(handle.fd(), 0); result < 0) {
      throw system_error(-result, "create " + file.string());
    }
    reserve_room(io, handle, mapped_bytes, file);
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

}  // namespace larder::lmdb
