#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: run.sh BUILT SECONDS [NAME...]. Runs the fuzzers of folder BUILT, two at a time, each for
# SECONDS, starting from its seeds and from what earlier runs found. What breaks one is left in
# BUILT/broken/, to become a seed.
set -euo pipefail
built=$1 seconds=$2
shift 2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

run_one() {
  local name=$1 log=$built/$1.log
  mkdir -p "$built/corpus/$name" "$built/broken"
  local -a seeds=()
  [[ ! -d $here/seeds/$name ]] || seeds=("$here/seeds/$name")
  local -a limits=(-timeout=5 -rss_limit_mb=512 -malloc_limit_mb=64)
  if [[ -d $built/killers/$name ]] &&
    ! "$built/${name}_fuzz" -runs=0 "${limits[@]}" "$built/killers/$name" >"$log" 2>&1; then
    echo "fuzz $name: FAILED on an input of make_killers.py, see $log"
    tail -n 40 "$log"
    return 1
  fi
  if "$built/${name}_fuzz" "$built/corpus/$name" "${seeds[@]}" -max_total_time="$seconds" \
    -max_len=4096 "${limits[@]}" -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$built/broken/$name-" >"$log" 2>&1; then
    echo "fuzz $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, none broke it"
  else
    echo "fuzz $name: FAILED, see $log"
    tail -n 40 "$log"
    grep '^Base64: ' "$log" || true  # the input, for who has only what this printed
    return 1
  fi
}

names() {
  local file
  if [[ $# -gt 0 ]]; then
    printf '%s\n' "$@"
  else
    for file in "$here"/*_fuzz.cpp; do
      basename "$file" _fuzz.cpp
    done
  fi
}

"$here/make_killers.py" "$built/killers"
# The allocator of the sanitizer keeps freed memory, 256 MiB by default; that would hide what larder
# takes.
export ASAN_OPTIONS=quarantine_size_mb=16${ASAN_OPTIONS:+:$ASAN_OPTIONS}
export -f run_one
export built seconds here
# shellcheck disable=SC2016
names "$@" | xargs --max-args=1 --max-procs=2 bash -c 'run_one "$1"' run_one
