// SPDX-License-Identifier: Apache-2.0
#include "code/elf_source.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <string>
#include <utility>

#include "code/byte_cursor.h"

namespace larder {
namespace {

void require_inside(std::uint64_t offset, std::uint64_t size, std::uint64_t all) {
  if (offset > all || size > all - offset) throw damaged_elf("something lies behind its end");
}

}  // namespace

BytesView MemoryElfSource::read(std::uint64_t offset, std::uint64_t size) {
  require_inside(offset, size, bytes_.size());
  return bytes_.subspan(offset, size);
}

FileElfSource::FileElfSource(Io& io, std::filesystem::path path)
    : io_(io), path_(std::move(path)), file_(io, path_, O_RDONLY) {
  struct stat status = {};
  const int result = io_.fstat(file_.fd(), status);
  if (result < 0) throw system_error(result, "cannot look at \"" + path_.string() + '"');
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::invalid_argument, "\"" + path_.string() + "\" is no file");
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

BytesView FileElfSource::read(std::uint64_t offset, std::uint64_t size) {
  require_inside(offset, size, size_);
  if (size == 0) return {};
  const auto known = parts_.find(offset);
  if (known != parts_.end() && known->second.size() >= size) {
    return BytesView(known->second).first(size);
  }
  // Parts that lie on each other could ask for more memory than the file justifies.
  if (known != parts_.end() || size > 2 * size_ - read_) {
    throw damaged_elf("its parts overlap");
  }
  read_ += size;
  Bytes part(size);
  std::size_t done = 0;
  while (done < part.size()) {
    const ssize_t count = io_.pread(file_.fd(), part.data() + done, part.size() - done,
                                    static_cast<off_t>(offset + done));
    if (count < 0) {
      throw system_error(static_cast<int>(count), "cannot read \"" + path_.string() + '"');
    }
    if (count == 0)
      throw damaged_elf("\"" + path_.string() + "\" became shorter while it was read");
    done += static_cast<std::size_t>(count);
  }
  return parts_.emplace(offset, std::move(part)).first->second;
}

}  // namespace larder
