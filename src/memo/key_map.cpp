// SPDX-License-Identifier: Apache-2.0
#include "larder/memo/key_map.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "larder/core/error.h"
#include "larder/key/digest.h"

namespace larder {

KeyMap KeyMap::custom(Function function) {
  if (!function) throw Error(ErrorKind::invalid_argument, "key map: there is no function");
  KeyMap map;
  map.steps_.push_back(std::move(function));
  return map;
}

KeyMap KeyMap::text() {
  return custom([](const Key& arguments) { return Key(arguments.to_string()); });
}

KeyMap KeyMap::digest() {
  return custom(
      [](const Key& arguments) { return Key(larder::digest(arguments.bytes()).bytes()); });
}

KeyMap KeyMap::digest(std::function<Bytes(BytesView)> digest) {
  if (!digest) throw Error(ErrorKind::invalid_argument, "key map: there is no digest");
  return custom([digest = std::move(digest)](const Key& arguments) {
    return Key(digest(arguments.bytes()));
  });
}

KeyMap operator|(KeyMap first, KeyMap second) {
  std::ranges::move(second.steps_, std::back_inserter(first.steps_));
  return first;
}

Key KeyMap::operator()(Key arguments) const {
  for (const Function& step : steps_) arguments = step(arguments);
  return arguments;
}

}  // namespace larder
