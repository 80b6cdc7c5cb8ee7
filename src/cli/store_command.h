// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/place.h"

namespace larder::cli {

/// A command about one whole store, the one of `larder run` if none is named, with `--json`.
class StoreCommand : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.flag("--json", json_);
    arguments.optional("STORE", store_);
  }

 protected:
  [[nodiscard]] const std::optional<std::string>& store() const noexcept { return store_; }
  [[nodiscard]] bool is_json() const noexcept { return json_; }
  /// Opens the store, which must exist.
  [[nodiscard]] Cache open(const Console& console, OpenMode mode = OpenMode::open) const {
    return open_existing_store(store_, console, mode);
  }

 private:
  std::optional<std::string> store_;
  bool json_ = false;
};

}  // namespace larder::cli
