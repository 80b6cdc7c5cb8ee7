// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/line_source.h"

#include <fcntl.h>
#include <unistd.h>

#include "cli/transfer/line_format.h"
#include "larder/core/error.h"

namespace larder::cli {

LineSource::LineSource(const std::string& name)
    : name_(name == "-" ? "standard input" : name),
      file_(name == "-" ? File() : File(Io::system(), name, O_RDONLY)),
      fd_(name == "-" ? STDIN_FILENO : file_.fd()) {}

std::optional<std::string_view> LineSource::next() {
  std::size_t searched = at_;
  for (;;) {
    const std::size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      begin_ = at_;
      at_ = end + 1;
      ++number_;
      return std::string_view(buffer_).substr(begin_, end - begin_);
    }
    buffer_.erase(0, at_);
    at_ = 0;
    searched = buffer_.size();
    if (buffer_.size() > longest_line) {
      throw Error(ErrorKind::not_supported, name_ + ": line " + std::to_string(number_ + 1) +
                                                " is longer than any that larder export writes");
    }
    if (!fill()) break;
  }
  // A last line without a line feed was cut off; it is shown all the same.
  if (buffer_.empty()) return std::nullopt;
  begin_ = 0;
  at_ = buffer_.size();
  ++number_;
  return buffer_;
}

void LineSource::put_back() noexcept {
  at_ = begin_;
  --number_;
}

bool LineSource::fill() {
  constexpr std::size_t piece = std::size_t{256} << 10U;
  const std::size_t before = buffer_.size();
  buffer_.resize(before + piece);
  const ssize_t size =
      Io::system().read(fd_, reinterpret_cast<std::byte*>(buffer_.data() + before), piece);
  buffer_.resize(before + (size > 0 ? static_cast<std::size_t>(size) : 0));
  if (size < 0) throw system_error(static_cast<int>(size), "cannot read " + name_);
  return size > 0;
}

}  // namespace larder::cli
