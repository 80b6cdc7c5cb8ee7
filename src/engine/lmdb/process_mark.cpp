// SPDX-License-Identifier: Apache-2.0
#include "engine/lmdb/process_mark.h"

#include <fcntl.h>
#include <pthread.h>

#include <mutex>
#include <vector>

#include "engine/lmdb/presence.h"
#include "larder/core/random.h"

namespace larder::lmdb {
namespace {

/// The files that hold the marks of this process. Classic locks of fcntl(2) need no such care with
/// forks, but would go when anybody in the process closes the file, such as who copies the
/// directory: what lives would count as dead. These go late at worst, where a child is made past
/// fork(3).
struct OpenMarks {
  std::mutex mutex;  // also held while a fork happens
  std::vector<int> files;

  static OpenMarks& get() {
    static auto* marks = [] {
      auto* made = new OpenMarks;
      pthread_atfork([] { get().mutex.lock(); }, [] { get().mutex.unlock(); },
                     [] { get().leave_to_parent(); });
      return made;
    }();
    return *marks;
  }

  void leave_to_parent() {
    for (const int file : files) Io::system().close(file);
    files.clear();
    mutex.unlock();
  }
};

}  // namespace

ProcessMark::ProcessMark(Io& io, const std::filesystem::path& users) {
  OpenMarks& marks = OpenMarks::get();
  const std::lock_guard lock(marks.mutex);
  marks.files.reserve(marks.files.size() + 1);
  file_ = File(io, users, O_RDWR | O_NOFOLLOW);
  do {
    number_ = mark_number(random_seed());
  } while (!set_mark(io, file_.fd(), number_));
  marks.files.push_back(file_.fd());
}

ProcessMark::~ProcessMark() {
  OpenMarks& marks = OpenMarks::get();
  const std::lock_guard lock(marks.mutex);
  std::erase(marks.files, file_.fd());
  file_.close();
}

}  // namespace larder::lmdb
