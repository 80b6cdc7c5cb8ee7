// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "larder/cache/entry.h"
#include "larder/key/key.h"
#include "larder/key/key_prefix.h"

namespace larder {

/// Which live entries of a cache: those for which all that is set holds; all, if nothing is.
struct Selection {
  /// They carry this tag. Only entries with the tag are looked at.
  std::optional<std::string> tag = std::nullopt;

  /// Their keys begin so. Without a tag, only entries with such keys are looked at.
  std::optional<KeyPrefix> prefix = std::nullopt;

  /// They are to its liking. May read the cache, but must not change it; may be called more than
  /// once for an entry.
  std::function<bool(const Key& key, const EntryInfo& info)> matches = {};
};

}  // namespace larder
