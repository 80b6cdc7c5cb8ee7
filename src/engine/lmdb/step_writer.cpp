// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/step_writer.h"

namespace larder::lmdb {
namespace {

constexpr std::size_t entries_per_step = 64;
constexpr std::uint64_t bytes_per_step = std::uint64_t{256} << 10U;

}  // namespace

StepWriter::StepWriter(Environment& environment, ReaderSlots::Slot* own)
    : environment_(environment), own_(own), applied_(environment.applied()) {}

void StepWriter::add(const LogEntry& entry) {
  step_.push_back(entry);
  step_bytes_ += entry.value.size();
  if (step_.size() >= entries_per_step || step_bytes_ >= bytes_per_step) flush();
}

void StepWriter::flush() {
  if (step_.empty()) return;
  environment_.write(
      [&](LmdbWrite& write) {
        for (const LogEntry& entry : step_) {
          if (entry.erased) {
            write.erase(entry.key);
          } else {
            write.put(entry.key, entry.value);
          }
        }
      },
      own_);
  step_.clear();
  step_bytes_ = 0;
}

void StepWriter::reuse_pages() {
  flush();
  // LMDB uses pages again two transactions after the one that freed them, and counts only
  // transactions that change something.
  for (int i = 0; i < 2; ++i) {
    environment_.write([&](LmdbWrite& write) { write.set_applied(applied_); }, own_);
  }
}

void StepWriter::finish(std::uint64_t last) {
  flush();
  environment_.write([&](LmdbWrite& write) { write.set_applied(last); }, own_);
}

}  // namespace larder::lmdb
