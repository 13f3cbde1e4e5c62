#!/usr/bin/env bash
# ./dev cover: line coverage of src/ by all tests, end-to-end ones included; fails under 85 % (TRINE_COVER_MIN).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

minimum=${TRINE_COVER_MIN:-85}
scripts/setup.sh build run test cover
npm_install test/e2e
npm_install examples/demo
configure cover
compile cover
find "$(build_dir cover)" -name '*.gcda' -delete
run_ctest cover test-cover || say "Some tests failed; the coverage below is of what ran."
measure() {
  gcovr --root . --filter 'src/' --object-directory "$(build_dir cover)" --exclude-unreachable-branches \
    --exclude-throw-branches -j "$jobs" --sort-uncovered --html-details build/cover/report.html \
    --fail-under-line "$minimum" --print-summary "$(build_dir cover)"
}
status=0
measure >"$log_dir/cover.log" 2>&1 || status=$?
grep -E '^src/.* [0-9]+%' "$log_dir/cover.log" | head -n 15 || true
grep -E '^lines:' "$log_dir/cover.log" || tail -n 20 "$log_dir/cover.log"
say "Per file: build/log/cover.log and build/cover/report.html"
[ "$status" -eq 0 ] || say "Line coverage is under $minimum %, or gcovr failed."
exit "$status"
