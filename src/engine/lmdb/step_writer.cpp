// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/step_writer.h"

#include <utility>

namespace larder::lmdb {

StepWriter::StepWriter(Environment& environment, StepSize size, ReaderSlots::Slot* own,
                       std::function<void()> sync_log)
    : environment_(environment), size_(size), own_(own), sync_log_(std::move(sync_log)) {}

void StepWriter::add(const LogEntry& entry) {
  if (step_.size() >= size_.entries || step_bytes_ >= size_.bytes) flush();
  step_.push_back(entry);
  step_bytes_ += sizeof(EntryHeader) + entry.key.size() + entry.value.size();
}

void StepWriter::write_step(LmdbWrite& write) const {
  for (const LogEntry& entry : step_) write.apply(entry);
}

void StepWriter::flush() {
  if (step_.empty()) return;
  if (!synced_) sync_log_();
  synced_ = true;
  environment_.write([&](LmdbWrite& write) { write_step(write); }, own_);
  step_.clear();
  step_bytes_ = 0;
}

void StepWriter::reuse_pages() {
  flush();
  // LMDB uses pages again two transactions after the one that freed them, and counts only
  // transactions that change something.
  for (int i = 0; i < 2; ++i) {
    environment_.write([](LmdbWrite& write) { write.change_nothing(); }, own_);
  }
}

void StepWriter::erase_then_put(std::uint64_t last, FunctionRef<void(Take)> for_each) {
  for_each([this](const LogEntry& entry) {
    if (entry.erased) add(entry);
  });
  reuse_pages();
  for_each([this](const LogEntry& entry) {
    if (!entry.erased) add(entry);
  });
  finish(last);
}

void StepWriter::finish(std::uint64_t last) {
  environment_.write(
      [&](LmdbWrite& write) {
        write_step(write);
        write.set_applied(last);
      },
      own_);
  step_.clear();
}

}  // namespace larder::lmdb
