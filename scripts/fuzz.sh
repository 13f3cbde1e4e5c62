#!/usr/bin/env bash
# ./dev fuzz [TARGET] [SECONDS]: one fuzz target, or each of them, from the committed corpus. A finding stays in
# build/fuzz/findings/ and fails the run; what the run learnt stays in build/fuzz/corpus/.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

wanted=${1:-}
seconds=${2:-60}
if [[ $wanted =~ ^[0-9]+$ ]]; then
  seconds=$wanted
  wanted=
fi
scripts/setup.sh build fuzz
mapfile -t names < <(find test/fuzz -maxdepth 1 -name '*_fuzz.cc' -printf '%f\n' | sed 's/_fuzz\.cc$//' | sort)
if [ -n "$wanted" ]; then
  [[ " ${names[*]} " == *" $wanted "* ]] || {
    say "There is no fuzz target '$wanted'. There are: ${names[*]}" >&2
    exit 2
  }
  names=("$wanted")
fi
[ ${#names[@]} -gt 0 ] || {
  say "There is no fuzz target in test/fuzz." >&2
  exit 1
}
configure fuzz
compile fuzz "${names[@]/%/_fuzz}"

folder=$(build_dir fuzz)
mkdir -p "$folder/findings"
run_target() {
  local name=$1 corpora=("$folder/corpus/$1")
  mkdir -p "${corpora[0]}"
  # The first folder receives new inputs, the committed one is only read.
  if [ -d "test/fuzz/corpus/$name" ]; then corpora+=("test/fuzz/corpus/$name"); fi
  "$folder/${name}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$folder/findings/$name-" "${corpora[@]}"
}
# Two at a time for each core: a minute each, and the whole in half the time.
at_once=$((jobs * 2))
passed=0
failed=0
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true' EXIT
say "Fuzzing ${#names[@]} targets for $seconds s each, $at_once at a time"
for ((first = 0; first < ${#names[@]}; first += at_once)); do
  batch=("${names[@]:first:at_once}")
  pids=()
  for name in "${batch[@]}"; do
    run_target "$name" >"$log_dir/fuzz-$name.log" 2>&1 </dev/null &
    pids+=($!)
  done
  for i in "${!batch[@]}"; do
    log=$log_dir/fuzz-${batch[$i]}.log
    if wait "${pids[$i]}"; then
      passed=$((passed + 1))
      say "  ${batch[$i]}: $(sed -nE 's/^stat::number_of_executed_units: +([0-9]+)/\1 inputs, no finding/p' "$log")"
    else
      failed=$((failed + 1))
      say "  ${batch[$i]}: FAILED; the end of ${log#"$root"/}:"
      tail -n 40 "$log"
    fi
  done
done
say "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
