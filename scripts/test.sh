#!/usr/bin/env bash
# ./dev test [FILTER]: builds everything and runs every tier; the last line counts what ran.
# With TRINE_SANITIZED_TESTS=1 (CI) unit, property and integration tests run once, in the build with AddressSanitizer and
# UndefinedBehaviorSanitizer, instead of in the release build; the end-to-end tests run the released program.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

kind=release
filter=()
for argument in "$@"; do
  case $argument in
    --asan | --tsan | --cover | --debug) kind=${argument#--} ;;
    *) filter=(-R "$argument") ;;
  esac
done
scripts/setup.sh build run test
npm_install test/e2e
npm_install examples/demo
if [ -n "${TRINE_SANITIZED_TESTS:-}" ] && [ "$kind" = release ]; then
  configure release
  compile release trine trine-meter trine-docworker played_nvml
  configure asan
  compile asan
  status=0
  lines=$(mktemp)
  run_ctest asan test-asan -L '^(unit|property|integration)$' "${filter[@]}" | tee "$lines" || status=1
  run_ctest release test-release -L '^e2e$' "${filter[@]}" | tee -a "$lines" || status=1
  sed -nE 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' "$lines" |
    awk '{ p += $1; f += $2; s += $3 } END { printf "%d passed, %d failed, %d skipped\n", p, f, s }'
  rm -f "$lines"
  exit "$status"
fi
configure "$kind"
compile "$kind"
run_ctest "$kind" "test-$kind" "${filter[@]}"
