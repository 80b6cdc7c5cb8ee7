// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "larder/core/error.h"

namespace larder {

/// Starts a thread that handles none of the program's signals: a thread inherits what its maker
/// blocks.
/// @throws Error `unavailable` if there can be no more threads
template <typename Body>
[[nodiscard]] std::thread start_quiet_thread(Body body) {
  class NoSignals {
   public:
    NoSignals() {
      sigset_t all;
      ::sigfillset(&all);
      ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~NoSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    NoSignals(const NoSignals&) = delete;
    NoSignals& operator=(const NoSignals&) = delete;

   private:
    sigset_t before_ = {};
  };
  const NoSignals quiet;
  try {
    return std::thread(std::move(body));
  } catch (const std::system_error& error) {
    throw Error(ErrorKind::unavailable, std::string("cannot start a thread: ") + error.what());
  }
}

}  // namespace larder
