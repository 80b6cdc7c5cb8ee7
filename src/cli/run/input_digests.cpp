// SPDX-License-Identifier: Apache-2.0
#include "cli/run/input_digests.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "cli/exit_code.h"
#include "cli/run/digest.h"
#include "larder/codec/standard.h"
#include "larder/core/clock.h"
#include "larder/core/io.h"

namespace larder::cli {
namespace {

// Coarser than the time stamps of any file system in use.
constexpr std::chrono::nanoseconds settled_after = std::chrono::seconds{2};

bool matches(const FileRecord& record, const FileState& state) {
  return record.size == state.size && record.mtime_ns == state.mtime_ns &&
         record.ctime_ns == state.ctime_ns && record.inode == state.inode;
}

bool is_settled(const FileState& state, WallTime now) {
  const auto newest = std::chrono::nanoseconds(std::max(state.mtime_ns, state.ctime_ns));
  return newest + settled_after <= std::chrono::nanoseconds(now.time_since_epoch());
}

Digest digest_file(const InputFile& input, Bytes& buffer) {
  Io& io = Io::system();
  const File file(io, input.name, O_RDONLY | O_NOCTTY);
  Digester digester;
  while (true) {
    const ssize_t size = io.read(file.fd(), buffer.data(), buffer.size());
    if (size < 0) throw system_error(static_cast<int>(-size), "cannot read " + input.name);
    if (size == 0) return digester.finish();
    digester.update(BytesView(buffer).first(static_cast<std::size_t>(size)));
  }
}

class InputDigests {
 public:
  explicit InputDigests(Cache& files) : files_(files) {}

  Bytes digest(const InputFile& input) {
    if (input.is_link) return to_bytes(as_bytes(input.link_target));
    const Key key = std::filesystem::absolute(input.name).string();
    const std::optional<FileRecord> known = files_.get<FileRecord>(key);
    if (known && matches(*known, input.state)) return to_bytes(known->digest);
    if (buffer_.empty()) buffer_.resize(256UL * 1024);
    // The time before reading: a change while reading must not look settled.
    const WallTime now = Clock::system().now();
    const Digest digest = digest_file(input, buffer_);
    if (is_settled(input.state, now)) {
      const FileState& state = input.state;
      fresh_.emplace_back(
          key, FileRecord{state.size, state.mtime_ns, state.ctime_ns, state.inode, digest});
    }
    return to_bytes(digest);
  }

  void remember() {
    if (fresh_.empty()) return;
    files_.transact([this] {
      for (const auto& [key, record] : fresh_) files_.put(key, record);
    });
  }

 private:
  Cache& files_;
  Bytes buffer_;
  std::vector<std::pair<Key, FileRecord>> fresh_;
};

}  // namespace

std::vector<Bytes> digest_inputs(const std::vector<InputFile>& inputs, Cache& files) {
  InputDigests digests(files);
  std::vector<Bytes> result;
  result.reserve(inputs.size());
  try {
    for (const InputFile& input : inputs) result.push_back(digests.digest(input));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::corrupt || error.is_transient()) throw;
    throw UsageError(error.what());
  }
  try {
    digests.remember();
  } catch (const Error&) {
    // Only speed is lost; a store that cannot be written is reported when the result is kept.
  }
  return result;
}

}  // namespace larder::cli
