#!/usr/bin/env bash
# ./dev test [FILTER]: builds everything and runs every tier; the last line counts what ran.
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
configure "$kind"
compile "$kind"
run_ctest "$kind" "test-$kind" "${filter[@]}"
