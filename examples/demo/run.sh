#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The main job on real input: slow commands over files of this machine, run once and replayed; then
# a C++ program that keeps what it computed. `./dev demo` builds everything and runs this.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
larder=${LARDER:-$root/build/release/larder}
program=${LARDER_BUILD:-$root/build/release}/examples/larder_demo

scratch=$(mktemp -d "${TMPDIR:-/tmp}/larder-demo-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
export LARDER_STORE=$scratch/store # nothing of this stays
export LC_ALL=C

bold='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi

title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

now_us() {
  local time=$EPOCHREALTIME
  echo $((${time%[.,]*} * 1000000 + 10#${time#*[.,]}))
}

seconds() { printf '%d.%03d s' $(($1 / 1000000)) $(($1 / 1000 % 1000)); }

# Runs a command and puts how long it took into `took`.
timed() {
  local begin
  begin=$(now_us)
  "$@" >"$scratch/out" 2>"$scratch/err" || {
    cat "$scratch/err" >&2
    return 1
  }
  took=$(($(now_us) - begin))
}

row() { printf '  %-26s %12s   %s\n' "$@"; }

# times LABEL OPTION... -- COMMAND: first and second time, which must agree.
times() {
  local label=$1 first
  shift
  timed "$larder" run "$@"
  first=$took
  cp "$scratch/out" "$scratch/first"
  timed "$larder" run "$@"
  cmp -s "$scratch/first" "$scratch/out" || {
    echo "demo: the replay of '$label' differs" >&2
    exit 1
  }
  row "$label" "$(seconds "$first")" "$(seconds "$took")   $((first / (took > 0 ? took : 1)))x"
}

# Real files of this machine, copied so that one of them can be changed.
data=$scratch/include
mkdir "$data"
cp -RL /usr/include/c++ /usr/include/linux "$data" 2>/dev/null || cp -RL /usr/include/. "$data"
cat >"$scratch/program.cpp" <<'END'
#include <algorithm>
#include <iostream>
#include <map>
#include <regex>
#include <string>
int main() {
  const std::regex word("[a-z]+");
  std::map<std::string, int> counts;
  for (std::string line; std::getline(std::cin, line);)
    for (std::sregex_iterator it(line.begin(), line.end(), word), end; it != end; ++it) ++counts[it->str()];
  std::cout << counts.size() << '\n';
}
END

cd "$scratch"
title "larder run: $(find include -type f | wc -l) files, $(du -sh include | cut -f1), from /usr/include"
row "command" "first time" "second time"
times "sha256sum of all files" --input include -- sh -c 'find include -type f | sort | xargs -d "\n" sha256sum | sha256sum'
times "count all words" --input include -- sh -c 'find include -type f -exec cat {} + | tr -cs "A-Za-z" "\n" | sort | uniq -c | sort -rn | head -20'
times "tar and compress" --input include --output include.tar.xz -- sh -c 'tar --sort=name --mtime=@0 -c include | xz -3 > include.tar.xz'
times "compile a program" --input program.cpp --output program -- g++ -std=c++20 -O2 -o program program.cpp

title "The compiler's output is a file: it is removed, and comes back from the store"
rm program
timed "$larder" run --input program.cpp --output program -- g++ -std=c++20 -O2 -o program program.cpp
row "restored and executable" "" "$(seconds "$took")"
echo "the quick brown fox" | ./program >"$scratch/words"
[[ $(cat "$scratch/words") == 4 ]]

title "One input changes: only what depends on it is computed again"
echo '// changed' >>"$(find include -type f | sort | head -1)"
times "count all words" --input include -- sh -c 'find include -type f -exec cat {} + | tr -cs "A-Za-z" "\n" | sort | uniq -c | sort -rn | head -20'
timed "$larder" run --input program.cpp --output program -- g++ -std=c++20 -O2 -o program program.cpp
row "compile a program" "(unchanged)" "$(seconds "$took")"

title "Eight shells want the same slow answer at once: it is computed once"
begin=$(now_us)
for _ in 1 2 3 4 5 6 7 8; do
  "$larder" run -- sh -c 'echo computed >> computations; sleep 1; echo 42' >>answers &
done
wait
row "$(sort answers | uniq -c | xargs echo answers:)" "$(seconds $(($(now_us) - begin)))" \
  "computed $(wc -l <computations | tr -d ' ') time"
[[ $(wc -l <computations) -eq 1 && $(wc -l <answers) -eq 8 ]]

title "larder stats"
"$larder" stats | sed 's/^/  /'

if [[ -x $program ]]; then
  title "A C++ program that keeps what it computed: first run"
  "$program" "$scratch/words-store" include
  title "... second run, another process"
  "$program" "$scratch/words-store" include
  title "... one file changed"
  echo '// changed' >>"$(find include -type f | sort | tail -1)"
  "$program" "$scratch/words-store" include
  "$larder" list "$scratch/words-store" | wc -l | sed 's/.*/  & entries in its store, readable with the tool/'
fi

title "Done. Everything was in $scratch, which is removed now."
