// SPDX-License-Identifier: Apache-2.0
#include "cli/run/recorder.h"

namespace larder::cli {

void Recorder::add(std::uint8_t descriptor, BytesView data) {
  if (overflowed_) return;
  if (data.size() > room_) {
    overflowed_ = true;
    chunks_ = {};
    return;
  }
  room_ -= data.size();
  if (chunks_.empty() || chunks_.back().descriptor != descriptor) {
    chunks_.push_back({.descriptor = descriptor, .data = {}});
  }
  append(chunks_.back().data, data);
}

}  // namespace larder::cli
