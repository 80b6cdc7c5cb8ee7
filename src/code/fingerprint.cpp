// SPDX-License-Identifier: Apache-2.0
#include "larder/code/fingerprint.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>

#include "code/binary.h"
#include "code/explain.h"
#include "larder/code/explanation.h"
#include "larder/core/error.h"

namespace larder {
namespace {

std::vector<std::string> names_of(const std::vector<const ElfSymbol*>& symbols) {
  std::vector<std::string> names;
  names.reserve(symbols.size());
  for (const ElfSymbol* symbol : symbols) names.push_back(demangled(symbol->name));
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t most_shown = 10;
  std::string text;
  for (std::size_t i = 0; i < std::min(most_shown, names.size()); ++i) text += "\n  " + names[i];
  if (names.size() > most_shown) {
    text += "\n  and " + std::to_string(names.size() - most_shown) + " more";
  }
  return text;
}

/// The functions that have `part` in their names.
std::vector<const ElfSymbol*> functions_with(const Binary& binary, std::string_view part) {
  std::vector<const ElfSymbol*> all;
  for (const ElfSymbol& symbol : binary.symbols().all()) {
    if (!symbol.is_function() || plain_name(symbol.name) != symbol.name) continue;
    if (part.empty() || demangled(symbol.name).find(part) != std::string::npos)
      all.push_back(&symbol);
  }
  return all;
}

const ElfSymbol& find_one(const Binary& binary, std::string_view name,
                          const std::filesystem::path& path) {
  const std::vector<const ElfSymbol*> found = find_functions(binary, name);
  if (found.size() == 1) return *found.front();
  const std::string quoted = "'" + std::string(name) + "'";
  if (!found.empty()) {
    throw Error(ErrorKind::invalid_argument,
                quoted + " could be several functions:" + listed(names_of(found)));
  }
  std::string message = "there is no function " + quoted + " in \"" + path.string() + '"';
  const std::vector<std::string> similar = names_of(functions_with(binary, name));
  if (!similar.empty()) message += "; there are:" + listed(similar);
  throw Error(ErrorKind::invalid_argument, message);
}

using Content = std::multimap<std::string, Digest128>;

Content content_of(const CodeExplanation& explanation) {
  Content content;
  for (const FollowedCode& code : explanation.followed) {
    if (!code.name.empty()) content.emplace(code.name, code.digest);
  }
  for (const std::string& name : explanation.by_name) content.emplace(name, Digest128{});
  return content;
}

std::vector<Digest128> all_of(const Content& content, const std::string& name) {
  std::vector<Digest128> digests;
  const auto [first, last] = content.equal_range(name);
  for (auto at = first; at != last; ++at) digests.push_back(at->second);
  std::ranges::sort(digests);
  return digests;
}

}  // namespace

std::string_view to_string(CodeMode mode) noexcept {
  switch (mode) {
    case CodeMode::closure:
      return "closure";
    case CodeMode::self:
      return "self";
    case CodeMode::build_id:
      return "build_id";
    case CodeMode::tag:
      break;
  }
  return "tag";
}

CodeFingerprint fingerprint(const std::filesystem::path& binary, std::string_view name,
                            const FingerprintOptions& options, Io& io) {
  return explain(binary, name, options, io).fingerprint;
}

CodeExplanation explain(const std::filesystem::path& binary, std::string_view name,
                        const FingerprintOptions& options, Io& io) {
  const Binary opened(io, binary);
  const ElfSymbol& symbol = find_one(opened, name, binary);
  return explain_function(opened, symbol.address, options, io);
}

std::vector<std::string> matching_functions(const std::filesystem::path& binary,
                                            std::string_view name, Io& io) {
  const Binary opened(io, binary);
  return names_of(name.empty() ? functions_with(opened, name) : find_functions(opened, name));
}

CodeChanges compare(const CodeExplanation& before, const CodeExplanation& after) {
  const Content old_content = content_of(before);
  const Content new_content = content_of(after);
  CodeChanges changes;
  for (auto at = old_content.begin(); at != old_content.end();
       at = old_content.upper_bound(at->first)) {
    const std::string& name = at->first;
    if (!new_content.contains(name)) {
      changes.removed.push_back(name);
    } else if (all_of(old_content, name) != all_of(new_content, name)) {
      changes.changed.push_back(name);
    }
  }
  for (auto at = new_content.begin(); at != new_content.end();
       at = new_content.upper_bound(at->first)) {
    if (!old_content.contains(at->first)) changes.added.push_back(at->first);
  }
  return changes;
}

}  // namespace larder
