// SPDX-License-Identifier: Apache-2.0
#include "cli/run/dependencies.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>

#include "cli/exit_code.h"
#include "cli/run/depfile.h"
#include "cli/run/digest.h"
#include "cli/run/file_clock.h"
#include "cli/run/input_digests.h"
#include "cli/run/input_list.h"
#include "cli/run/result.h"
#include "larder/codec/standard.h"
#include "larder/core/io.h"

namespace larder::cli {

Dependencies::Dependencies(Key base, std::string depfile, RunStore& store)
    : base_(std::move(base)),
      depfile_(std::move(depfile)),
      store_(store),
      lists_(open_dependency_lists(store)) {}

Key Dependencies::current_key() const {
  try {
    const auto names = lists_.get<std::vector<std::string>>(base_);
    return names ? key_of(*names) : base_;
  } catch (const UsageError&) {
    return base_;  // one of them is gone: the command will tell what it needs now
  }
}

Key Dependencies::key_of(const std::vector<std::string>& names) const {
  const std::vector<InputFile> files = list_files(names);
  const std::vector<Bytes> digests = digest_inputs(files, store_.files);
  std::vector<std::tuple<std::string, Bytes>> contents;
  contents.reserve(files.size());
  for (std::size_t i = 0; i < files.size(); ++i) contents.emplace_back(files[i].name, digests[i]);
  const Key all = std::tuple(to_bytes(base_.bytes()), contents);
  // The command stays readable in the key, as in that of other results.
  const auto command =
      std::get<1>(base_.as<std::tuple<std::string, std::vector<std::string>, Bytes>>());
  return std::tuple(std::string("run"), command, to_bytes(digest_of(all.bytes())));
}

void Dependencies::begin() { begin_ns_ = next_file_time(); }

Key Dependencies::record() {
  const Bytes text = read_file(Io::system(), depfile_);
  const std::optional<std::vector<std::string>> names = parse_depfile(as_text(text));
  if (!names) throw NotKept("'" + depfile_ + "' is not a list of dependencies for make");
  try {
    for (const InputFile& file : list_files(*names)) {
      if (std::max(file.state.ctime_ns, file.state.mtime_ns) < begin_ns_) continue;
      throw NotKept("dependency '" + file.name + "' changed while the command ran");
    }
    Key key = key_of(*names);
    lists_.put(base_, *names);
    return key;
  } catch (const UsageError& error) {
    throw NotKept(error.what());
  }
}

}  // namespace larder::cli
