// SPDX-License-Identifier: Apache-2.0

// Fingerprints of functions of the running program.

#include <link.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

#include "code/binary.h"
#include "code/explain.h"
#include "core/per_process.h"
#include "larder/code/explanation.h"
#include "larder/core/error.h"
#include "larder/core/mutex.h"

namespace larder::detail {
namespace {

/// A binary as it is loaded.
struct Loaded {
  std::filesystem::path path;
  std::uint64_t bias = 0;                 ///< Where address 0 of the file is.
  std::vector<ElfW(Phdr)> segments = {};  ///< What of it is loaded.

  /// What is in memory at `address` of the file, if that is all there.
  [[nodiscard]] BytesView memory(std::uint64_t address, std::uint64_t size) const {
    for (const ElfW(Phdr) & segment : segments) {
      const std::uint64_t offset = address - segment.p_vaddr;
      if (offset > segment.p_filesz || size > segment.p_filesz - offset) continue;
      return {reinterpret_cast<const std::byte*>(bias + address), size};
    }
    return {};
  }

  /// Stands for everything in it that is executed.
  [[nodiscard]] Digest128 code_digest() const {
    Bytes all;
    for (const ElfW(Phdr) & segment : segments) {
      if ((segment.p_flags & PF_X) != 0) append(all, memory(segment.p_vaddr, segment.p_filesz));
    }
    return digest(all);
  }
};

/// What `dl_iterate_phdr` looks for and finds.
struct Search {
  std::uint64_t address = 0;
  std::optional<Loaded> found = {};
};

int look_at(dl_phdr_info* info, std::size_t /*size*/, void* data) {
  Search& search = *static_cast<Search*>(data);
  const std::span<const ElfW(Phdr)> segments(info->dlpi_phdr, info->dlpi_phnum);
  const bool is_here = std::ranges::any_of(segments, [&](const ElfW(Phdr) & segment) {
    return segment.p_type == PT_LOAD &&
           search.address - info->dlpi_addr - segment.p_vaddr < segment.p_memsz;
  });
  if (!is_here) return 0;
  const std::string_view name = info->dlpi_name;
  // The program itself has no name; this one is right even if its file was replaced.
  search.found = Loaded{.path = name.empty() ? "/proc/self/exe" : name, .bias = info->dlpi_addr};
  std::ranges::copy_if(segments, std::back_inserter(search.found->segments),
                       [](const ElfW(Phdr) & segment) {
                         return segment.p_type == PT_LOAD && (segment.p_flags & PF_R) != 0;
                       });
  return 1;
}

Loaded find_loaded(const void* address) {
  Search search = {.address = reinterpret_cast<std::uint64_t>(address)};
  ::dl_iterate_phdr(look_at, &search);
  if (!search.found) {
    throw Error(ErrorKind::invalid_argument, "there is no code at the address of this function");
  }
  return *search.found;
}

/// Whether `section` is in memory as it is in the file.
bool is_as_loaded(const Binary& binary, const Loaded& loaded, const ElfSection& section) {
  const BytesView bytes = binary.file().bytes_of(section);
  return equal(loaded.memory(section.header.sh_addr, bytes.size()), bytes);
}

/// Whether the file that `loaded` came from is still what runs.
bool is_what_runs(const Binary& binary, const Loaded& loaded) {
  // Breakpoints change code, but not this.
  if (const ElfSection* const id = binary.file().section(".note.gnu.build-id")) {
    return is_as_loaded(binary, loaded, *id);
  }
  return std::ranges::all_of(binary.file().sections(), [&](const ElfSection& section) {
    return !section.is_code() || is_as_loaded(binary, loaded, section);
  });
}

/// What this process knows already.
struct Known {
  Mutex mutex;
  std::map<std::filesystem::path, std::shared_ptr<const Binary>> binaries
      LARDER_GUARDED_BY(mutex);  // nullptr for those that are not what runs
  std::map<std::pair<const void*, std::string>, CodeFingerprint> fingerprints
      LARDER_GUARDED_BY(mutex);
  /// Of the fingerprints made last: who wants both gets the second for nothing.
  std::map<std::pair<const void*, std::string>, CodeExplanation> explanations
      LARDER_GUARDED_BY(mutex);
};

constexpr std::size_t most_explanations = 8;

Known& known() {
  static PerProcess<Known> all;
  // It lives until the process ends: nobody replaces it but a fork.
  return *all.get();
}

std::shared_ptr<const Binary> binary_of(const Loaded& loaded) {
  {
    const MutexLock lock(known().mutex);
    const auto found = known().binaries.find(loaded.path);
    if (found != known().binaries.end()) return found->second;
  }
  std::shared_ptr<const Binary> binary;
  try {
    binary = std::make_shared<const Binary>(Io::system(), loaded.path);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::corrupt) throw;
  }
  if (binary != nullptr && !is_what_runs(*binary, loaded)) binary = nullptr;
  const MutexLock lock(known().mutex);
  return known().binaries.emplace(loaded.path, std::move(binary)).first->second;
}

std::string text_of(const FingerprintOptions& options) {
  std::string text(to_string(options.mode));
  const auto add = [&](std::string_view more) {
    text += '\0' + std::to_string(more.size()) + ':';
    text += more;
  };
  const auto add_all = [&](const auto& all) {
    text += '\0' + std::to_string(all.size()) + '*';
    for (const auto& one : all) add(std::filesystem::path(one).native());
  };
  add(options.tag);
  add_all(options.stable);
  add_all(options.unstable);
  add_all(options.libraries);
  return text;
}

/// What an object that is called does in its own members is its own code.
void follow_members(const PlaceOfCode& place, FingerprintOptions& options) {
  if (place.type == nullptr) return;
  options.unstable.push_back(demangled_type(place.type->name()) + "::");
}

CodeExplanation make_explanation(const PlaceOfCode& place, FingerprintOptions options) {
  follow_members(place, options);
  const Loaded loaded = find_loaded(place.address);
  const std::shared_ptr<const Binary> binary = binary_of(loaded);
  if (binary == nullptr) {
    return explain_whole(loaded.code_digest(), "", options,
                         "the file that it was loaded from is gone, or another one by now",
                         Io::system());
  }
  if (place.why_not != nullptr) {
    return explain_whole(binary->identity(), "", options, place.why_not, Io::system());
  }
  const std::uint64_t address = reinterpret_cast<std::uint64_t>(place.address) - loaded.bias;
  return explain_function(*binary, address, options, Io::system());
}

}  // namespace

CodeExplanation explain_at(const PlaceOfCode& place, FingerprintOptions options) {
  {
    const MutexLock lock(known().mutex);
    auto made = known().explanations.extract({place.address, text_of(options)});
    if (!made.empty()) return std::move(made.mapped());
  }
  return make_explanation(place, std::move(options));
}

CodeFingerprint fingerprint_at(const PlaceOfCode& place, FingerprintOptions options) {
  std::pair<const void*, std::string> key(place.address, text_of(options));
  {
    const MutexLock lock(known().mutex);
    const auto found = known().fingerprints.find(key);
    if (found != known().fingerprints.end()) return found->second;
  }
  CodeExplanation made = make_explanation(place, std::move(options));
  const MutexLock lock(known().mutex);
  if (known().explanations.size() == most_explanations) known().explanations.clear();
  const CodeFingerprint& kept = known().fingerprints.emplace(key, made.fingerprint).first->second;
  known().explanations.insert_or_assign(std::move(key), std::move(made));
  return kept;
}

}  // namespace larder::detail
