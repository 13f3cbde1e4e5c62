#!/usr/bin/env bash
# ./dev lint: formatting, structure, shell scripts, clang-tidy. Runs every check, then fails if one did.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh build lint
configure release

check_format() { cpp_sources | xargs -r -0 clang-format --dry-run -Werror; }
check_shell() { shellcheck -x dev .ci/run scripts/*.sh; }

passed=0
failed=0
check() { if step "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi; }
check lint-format "Checking the format (./dev fmt mends it)" check_format
check lint-structure "Checking the structure" python3 test/structure/structure.py
check lint-shell "Checking the shell scripts" check_shell
check lint-tidy "Running clang-tidy" python3 scripts/tidy.py --build "$(build_dir release)" --jobs "$jobs"
say "lint: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
