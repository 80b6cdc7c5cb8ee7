#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: pkg_config.sh COMPILER PREFIX FOLDER. Builds and runs a program with pkg-config's flags.
set -euo pipefail
compiler=$1 prefix=$2 folder=$3
here=$(dirname "${BASH_SOURCE[0]}")

rm -rf "$folder"
mkdir -p "$folder"
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name larder.pc)")
export PKG_CONFIG_PATH
read -ra compile_flags < <(pkg-config --cflags larder)
read -ra link_flags < <(pkg-config --libs larder)
"$compiler" -std=c++20 "$here/stranger/main.cpp" "${compile_flags[@]}" "${link_flags[@]}" \
  -o "$folder/stranger"
"$folder/stranger" "$folder/cache"
