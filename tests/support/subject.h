// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "larder/core/function_ref.h"
#include "support/engine_under_test.h"

namespace larder::test {

/// What the crash rigs need of a thing that keeps bytes: engines, caches, and known-bad controls
/// are put behind it.
class Subject {
 public:
  Subject() = default;
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  virtual ~Subject() = default;

  [[nodiscard]] virtual std::optional<std::string> get(std::string_view key) = 0;
  virtual void put(std::string_view key, std::string_view value) = 0;
  virtual bool erase(std::string_view key) = 0;
  /// Runs `body` so that all it does through this object happens, or none of it.
  virtual void transact(FunctionRef<void()> body) = 0;
  /// Everything that is kept, as of one moment.
  [[nodiscard]] virtual Entries all() = 0;
  virtual void sync() = 0;
};

/// Opens a subject. The directory is that of `settings`; a subject may ignore what it cannot do.
using OpenSubject = std::function<std::unique_ptr<Subject>(const EngineSettings& settings)>;

/// A subject that is an engine.
[[nodiscard]] std::unique_ptr<Subject> engine_subject(EnginePtr engine);

/// The LMDB engine as a subject.
[[nodiscard]] std::unique_ptr<Subject> open_lmdb_subject(const EngineSettings& settings);

}  // namespace larder::test
