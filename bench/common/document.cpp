// SPDX-License-Identifier: Apache-2.0
#include "common/document.h"

#include <fstream>
#include <stdexcept>

namespace larder::bench {

void write_document(const std::filesystem::path& file, const nlohmann::ordered_json& document) {
  std::ofstream out(file);
  out << document.dump(2) << "\n";
  if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace larder::bench
