// SPDX-License-Identifier: Apache-2.0
#include "cache/files/new_file.h"

#include <algorithm>
#include <utility>

#include "cache/files/file_store.h"
#include "cache/wire_number.h"
#include "core/xxh3.h"
#include "larder/core/error.h"

namespace larder::detail {

NewFile::NewFile(std::shared_ptr<FileStore> store, std::uint64_t name, FileNote note, File file)
    : store_(std::move(store)), note_(std::move(note)), file_(std::move(file)) {
  ref_.name = name;
}

NewFile::~NewFile() {
  if (!note_.is_of_this_process()) return;  // the parent goes on with it
  if (!is_kept_) store_->remove(ref_.name);
  note_.settle();
}

void NewFile::end_block(BytesView block) { append_number(checksums_, xxh3_64(block)); }

void NewFile::append_to_file(BytesView data, std::uint64_t offset) {
  const auto path = store_->path_of(ref_.name);
  try {
    pwrite_all(store_->io(), file_.fd(), data, static_cast<off_t>(offset), path);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::full) throw;
    store_->finish_removals();
    pwrite_all(store_->io(), file_.fd(), data, static_cast<off_t>(offset), path);
  }
}

void NewFile::write(BytesView data) {
  append_to_file(data, ref_.bytes);
  ref_.bytes += data.size();
  if (!block_.empty()) {
    const std::size_t more = std::min(data.size(), file_block_bytes - block_.size());
    append(block_, data.first(more));
    data = data.subspan(more);
    if (block_.size() < file_block_bytes) return;
    end_block(block_);
    block_.clear();
  }
  for (; data.size() >= file_block_bytes; data = data.subspan(file_block_bytes)) {
    end_block(data.first(file_block_bytes));
  }
  append(block_, data);
}

void NewFile::finish() {
  if (!block_.empty()) end_block(block_);
  append_to_file(checksums_, ref_.bytes);
  ref_.digest = digest_of(checksums_);
  block_ = {};
  store_->make_durable(ref_.name, file_.fd());
}

}  // namespace larder::detail
