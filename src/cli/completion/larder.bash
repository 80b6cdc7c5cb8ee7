# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion of larder for bash: commands, options, what they take, and the command of larder run.

_larder_options() {
  local common='--help --quiet --verbose'
  case $1 in
    run) echo "$common --depfile --input --env --cwd --stdin --scope --output --no-failures --max-result-size \
--ttl --stale --refresh --warm --store" ;;
    put) echo "$common --file --ttl --tag --if-absent --key-type" ;;
    get) echo "$common --json --key-type" ;;
    erase) echo "$common --json --key-type" ;;
    list) echo "$common --long --prefix --order --reverse --json" ;;
    stats) echo "$common --json --prometheus --label --reset" ;;
    limit) echo "$common --max-bytes --max-entries --eviction --ttl --max-age --json" ;;
    create) echo "$common --shards --max-bytes --max-entries --eviction --ttl --max-age" ;;
    doctor) echo "$common --quick --json" ;;
    bench) echo "$common --engine --durability --policy --keys --ops --value-size --max-entries \
--processes --threads --dir --svg --png --html --json" ;;
    fingerprint) echo "$common --mode --tag --stable --unstable --library --explain --compare --json" ;;
    why) echo "$common --json" ;;
    locks) echo "$common --break --kind --key-type --yes --json" ;;
    top) echo "$common --interval --once --json" ;;
    expire | evict | verify | compact) echo "$common --json" ;;
    repair) echo "$common --dry-run --json" ;;
    backup) echo "$common --json" ;;
    export) echo "$common --output" ;;
    import) echo "$common --dry-run --if-absent --disk --json" ;;
    clear) echo "$common --tag --prefix --yes --json" ;;
    push) echo "$common --front --ttl --tag --json" ;;
    pull) echo "$common --back --wait --json" ;;
    peek) echo "$common --back --json" ;;
    queues) echo "$common --json" ;;
  esac
}

_larder_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2"); }

_larder_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}

# Completes the value of the option before; fails if that takes none.
_larder_value() {
  case $1 in
    --key-type) _larder_words 'text int hex encoded' "$2" ;;
    --disk) _larder_words 'guess disk json' "$2" ;;
    --kind) _larder_words 'lock recursive_lock semaphore rw_lock once barrier' "$2" ;;
    --order) _larder_words 'key insertion' "$2" ;;
    --eviction) _larder_words 'fifo lru lfu sieve s3_fifo w_tinylfu mru random custom none' "$2" ;;
    --policy) _larder_words 'fifo lru lfu sieve s3_fifo w_tinylfu mru random none' "$2" ;;
    --engine) _larder_words 'lmdb memory' "$2" ;;
    --durability) _larder_words 'durable consistent disposable' "$2" ;;
    --env) mapfile -t COMPREPLY < <(compgen -e -- "$2") ;;
    --mode) _larder_words 'closure self build_id' "$2" ;;
    --input | --output | --depfile | --svg | --png | --html | --library | --compare) _larder_files -f "$2" ;;
    --store | --dir) _larder_files -d "$2" ;;
    --ttl | --max-age | --stale | --interval) _larder_words '30s 5m 1h 1d' "$2" ;;
    --tag | --label | --scope | --prefix | --max-bytes | --max-entries | --max-result-size | --break) ;;
    --stable | --unstable) ;;
    --shards | --keys | --ops | --value-size | --processes | --threads) ;;
    *) return 1 ;;
  esac
}

# The index of the command that larder run runs; fails if it has not begun.
_larder_inner() {
  local i=2
  while ((i < COMP_CWORD)); do
    case ${COMP_WORDS[i]} in
      --) echo $((i + 1)) && return ;;
      --input | --depfile | --env | --scope | --output | --max-result-size | --ttl | --stale | --store) ((i += 2)) ;;
      -*) ((i += 1)) ;;
      *) echo "$i" && return ;;
    esac
  done
  return 1
}

_larder_run() {
  local word=$1 inner
  inner=$(_larder_inner) || return 1
  if ((inner == COMP_CWORD)); then
    mapfile -t COMPREPLY < <(compgen -c -- "$word")
  elif declare -F _command_offset >/dev/null; then
    _command_offset "$inner"
  else
    _larder_files -f "$word"
  fi
}

_larder() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
  local commands='run put get erase push pull peek queues list stats create limit expire clear verify repair backup export import evict doctor top locks compact bench fingerprint why'
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    local global=''
    [[ $word != -* ]] || global='--help --version'
    _larder_words "$commands help $global" "$word"
  elif [[ $command == help ]]; then
    _larder_words "$commands" "$word"
  elif [[ $command == run ]] && _larder_run "$word"; then
    return
  elif _larder_value "$before" "$word"; then
    return
  elif [[ $word == -* ]]; then
    _larder_words "$(_larder_options "$command")" "$word"
  elif [[ $command == run ]]; then
    mapfile -t COMPREPLY < <(compgen -c -- "$word")
  elif [[ $command == fingerprint ]]; then
    _larder_files -f "$word"
  else
    _larder_files -d "$word"
  fi
}

complete -F _larder larder
