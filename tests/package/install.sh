#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: install.sh BUILD PREFIX. Installs BUILD to PREFIX and checks that all parts are there.
set -euo pipefail
build=$1 prefix=$2

rm -rf "$prefix"
cmake --install "$build" --prefix "$prefix" >/dev/null
test -f "$prefix/include/larder/cache/cache.h"
test -n "$(find "$prefix" -name liblarder_core.a)"
test -n "$(find "$prefix" -name larderConfig.cmake)"
test -n "$(find "$prefix" -name larder.pc)"

if grep -rlF "$build" "$prefix" --include='*.cmake' --include='*.pc' --include='*.h'; then
  echo "the installed files above name the build folder" >&2
  exit 1
fi
