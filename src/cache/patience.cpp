// SPDX-License-Identifier: Apache-2.0
#include "cache/patience.h"

#include <utility>

namespace larder::detail {

namespace {

thread_local const Patience* innermost = nullptr;

}  // namespace

Patience::Patience(SteadyTime deadline, std::function<bool()> is_over)
    : deadline_(deadline), is_over_(std::move(is_over)), outer_(std::exchange(innermost, this)) {}

Patience::~Patience() { innermost = outer_; }

const Patience* Patience::current() noexcept { return innermost; }

}  // namespace larder::detail
