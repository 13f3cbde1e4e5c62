#!/usr/bin/env bash
# ./dev bench [NAME]: every micro-benchmark, or the one called NAME; a NAME with a folder bench/NAME runs bench/NAME/run,
# for which the targets in bench/NAME/targets are built (the program, where there is no such file).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

name=${1:-}
[ $# -eq 0 ] || shift
scripts/setup.sh build bench
configure release
if [ -n "$name" ] && [ -x "bench/$name/run" ]; then
  # What it runs, as ninja targets: bench/NAME/targets, or the gateway.
  read -ra targets < <(cat "bench/$name/targets" 2>/dev/null || echo trine)
  compile release "${targets[@]}"
  exec "bench/$name/run" "$@"
fi
mapfile -t programs < <(ninja -C "$(build_dir release)" -t targets all | sed -nE 's/^(bench_[a-z0-9_]+|[a-z0-9_]+_bench): .*/\1/p' | grep -v ^cmake_ | sort -u)
if [ -n "$name" ]; then
  chosen=
  for program in "${programs[@]}"; do
    case $program in "bench_$name" | "${name}_bench") chosen=$program ;; esac
  done
  [ -n "$chosen" ] || {
    say "There is no benchmark '$name'. There are: ${programs[*]} $(find bench -mindepth 2 -maxdepth 2 -name run -printf '%h ' | sed 's|bench/||g')" >&2
    exit 2
  }
  programs=("$chosen")
fi
[ ${#programs[@]} -gt 0 ] || {
  say "No benchmark is built here." >&2
  exit 1
}
compile release "${programs[@]}"
say "load average: $(cut -d' ' -f1-3 /proc/loadavg)"
for program in "${programs[@]}"; do
  say "== $program"
  "$(build_dir release)/$program" "$@" 2>/dev/null
done
