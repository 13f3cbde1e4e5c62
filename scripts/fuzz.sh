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
passed=0
failed=0
for name in "${names[@]}"; do
  if step "fuzz-$name" "Fuzzing $name for $seconds s" run_target "$name"; then
    passed=$((passed + 1))
    sed -nE 's/^stat::number_of_executed_units: +([0-9]+)/  \1 inputs/p' "$log_dir/fuzz-$name.log"
  else
    failed=$((failed + 1))
  fi
done
say "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
