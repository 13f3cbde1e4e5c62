#!/usr/bin/env bash
# ./dev bench [NAME]: every micro-benchmark, or the one called NAME; a NAME with a folder bench/NAME runs bench/NAME/run.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

name=${1:-}
[ $# -eq 0 ] || shift
scripts/setup.sh build bench
configure release
if [ -n "$name" ] && [ -x "bench/$name/run" ]; then
  compile release
  exec "bench/$name/run" "$@"
fi
mapfile -t programs < <(ninja -C "$(build_dir release)" -t targets all | sed -nE 's/^(bench_[a-z0-9_]+): phony$/\1/p' | sort -u)
if [ -n "$name" ]; then
  [[ " ${programs[*]} " == *" bench_$name "* ]] || {
    say "There is no benchmark '$name'. There are: ${programs[*]#bench_} $(find bench -mindepth 2 -maxdepth 2 -name run -printf '%h ' 2>/dev/null | sed 's|bench/||g')" >&2
    exit 2
  }
  programs=("bench_$name")
fi
[ ${#programs[@]} -gt 0 ] || {
  say "No benchmark is built here." >&2
  exit 1
}
compile release "${programs[@]}"
say "load average: $(cut -d' ' -f1-3 /proc/loadavg)"
for program in "${programs[@]}"; do
  say "== ${program#bench_}"
  "$(build_dir release)/$program" "$@" 2>/dev/null
done
