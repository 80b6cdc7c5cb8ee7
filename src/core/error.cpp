// SPDX-License-Identifier: Apache-2.0
#include "larder/core/error.h"

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace larder {
namespace {

/// What a caller can do about a failed system call. Numbers that are not listed come from devices
/// and peers, where waiting is the only thing that may help.
ErrorKind kind_of(int error_number) noexcept {
  switch (error_number) {
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorKind::denied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorKind::full;
    case ENOSYS:
    case ENOTSUP:
    case ENOTTY:
    case ENODEV:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
      return ErrorKind::not_supported;
    case EBADMSG:
    case EILSEQ:
    case EUCLEAN:
      return ErrorKind::corrupt;
    case E2BIG:
    case EBADF:
    case EDOM:
    case EEXIST:
    case EFAULT:
    case EINVAL:
    case EISDIR:
    case ELOOP:
    case EMLINK:
    case ENAMETOOLONG:
    case ENOENT:
    case ENOTBLK:
    case ENOTDIR:
    case ENOTEMPTY:
    case ENXIO:
    case EOVERFLOW:
    case ERANGE:
    case ESPIPE:
    case EXDEV:
      return ErrorKind::invalid_argument;
    default:
      return ErrorKind::unavailable;
  }
}

}  // namespace

std::string_view to_string(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::invalid_argument:
      return "invalid_argument";
    case ErrorKind::not_supported:
      return "not_supported";
    case ErrorKind::denied:
      return "denied";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::full:
      return "full";
    case ErrorKind::corrupt:
      return "corrupt";
  }
  return "unknown";
}

Error system_error(int error_number, const std::string& what) {
  const int number = std::abs(error_number);
  // Not strerror: its buffer is shared by all threads.
  return {kind_of(number), what + ": " + std::generic_category().message(number)};
}

}  // namespace larder
