// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/transfer/incoming.h"
#include "larder/cache/cache.h"
#include "larder/cache/transfer.h"

namespace larder::cli {

/// What an import came to.
struct IntakeReport {
  std::uint64_t taken = 0;    ///< Stored, or in a dry run fit to be.
  std::uint64_t expired = 0;  ///< Their time was over.
  std::uint64_t present = 0;  ///< There was a value, which was to be kept.
  std::array<std::uint64_t, refusals> refused = {};

  [[nodiscard]] std::uint64_t of(Refusal refusal) const {
    return refused.at(static_cast<std::size_t>(refusal));
  }
};

/// Where imported entries go: stores them many at a time, counts, and tells what is refused.
///
/// Not thread-safe.
class Intake {
 public:
  /// How an entry that is not taken is told.
  enum class Telling { lines, json };

  /// Opens the store with the first entry that comes: what is no source leaves none behind. Without
  /// `open` nothing is stored: a dry run.
  Intake(std::function<Cache()> open, Existing existing, Telling telling, const Console& console);

  /// Stores `incoming`, later unless its content is a stream, or counts it as expired.
  void add(Incoming incoming);
  /// Tells that the entry of `key`, which is shown, was refused.
  void refuse(const std::string& key, const RefusedEntry& why);
  /// Stores what is waiting.
  void flush();
  /// To be called at the end of a source: stores what is waiting. The store is there from then on,
  /// even if nothing came.
  void finish();

  [[nodiscard]] const IntakeReport& report() const noexcept { return report_; }
  /// How many entries were seen.
  [[nodiscard]] std::uint64_t seen() const noexcept { return seen_; }

 private:
  [[nodiscard]] Cache& target();
  void store(const Incoming& incoming);

  std::function<Cache()> open_;
  std::optional<Cache> store_;
  Existing existing_;
  Telling telling_;
  const Console& console_;
  IntakeReport report_;
  std::uint64_t seen_ = 0;
  std::vector<Incoming> waiting_;
  std::size_t waiting_bytes_ = 0;
};

}  // namespace larder::cli
