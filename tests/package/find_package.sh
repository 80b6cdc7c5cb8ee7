#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: find_package.sh COMPILER PREFIX FOLDER. Builds and runs a stranger's project with CMake.
set -euo pipefail
compiler=$1 prefix=$2 folder=$3
here=$(dirname "${BASH_SOURCE[0]}")

rm -rf "$folder"
configure() {
  cmake -G Ninja -S "$here/stranger" -B "$folder/build" -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_CXX_COMPILER="$compiler" "$@"
}

configure
cmake --build "$folder/build"
"$folder/build/stranger" "$folder/cache"
"$folder/build/stranger_of_one_room"

# A component that was not built is named in the message.
if message=$(configure -DSTRANGER_COMPONENT=pantry 2>&1); then
  echo "a missing component was accepted" >&2
  exit 1
fi
grep -q "without the component" <<<"$message"
grep -q "'pantry'" <<<"$message"
