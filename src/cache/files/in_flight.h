// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "larder/engine/engine.h"

namespace larder::detail {

/// The value files that some process is just making or removing, in shared memory: after a crash
/// only these can be left over, so that opening a cache need not look at all files. Each note has
/// an owner, who alone takes it away; the notes of a dead owner are taken over.
///
/// Thread-safe.
class InFlight {
 public:
  /// A note that this process owns.
  struct Note {
    std::size_t slot;
    std::uint64_t name;
  };

  InFlight(Engine& engine, const std::string& name);

  /// The names noted, by whomever.
  [[nodiscard]] std::vector<std::uint64_t> names() const;

  /// Makes a note.
  [[nodiscard]] Note claim(std::uint64_t name);
  /// Takes the notes of all who died.
  [[nodiscard]] std::vector<Note> take_over();
  /// Ends a note: nothing is left over of it.
  void release(const Note& note) noexcept;
  /// Leaves a note to who next takes over.
  void give_up(const Note& note) noexcept;

  /// Notes that files may be left over that no slot tells of, until `all_swept()`.
  void expect_leftovers() noexcept;
  /// Whether that was noted, or the machine was started anew: its memory is gone then.
  [[nodiscard]] bool expects_leftovers() const;
  /// How often that was noted so far.
  [[nodiscard]] std::uint64_t expectations() const noexcept;
  /// Nothing is left over of what was expected up to `expectations`; what was noted since stays.
  void all_swept(std::uint64_t expectations) noexcept;

 private:
  // Accessed atomically: boot, expectations, then the owner and the name of each slot.
  std::span<std::uint64_t> words_;
  std::uint64_t boot_;  // what the first word is in this boot
};

/// A note for as long as the work takes. If that ends without `settle()`, a sweep has to look.
/// In the child of a fork it is the parent's.
class FileNote {
 public:
  FileNote(std::shared_ptr<InFlight> in_flight, std::uint64_t name);
  FileNote(FileNote&& other) noexcept;
  FileNote& operator=(FileNote&&) = delete;
  ~FileNote();

  [[nodiscard]] bool is_of_this_process() const noexcept;
  /// Nothing can be left over any more.
  void settle() noexcept;

 private:
  std::shared_ptr<InFlight> in_flight_;  // null when settled
  InFlight::Note note_;
  std::uint64_t forks_;
};

}  // namespace larder::detail
