#!/usr/bin/env bash
# ./dev run [--once] [--quiet] [--json FILE]: builds the gateway, then runs examples/demo, which prints the address of the
# pages and goes on asking, so that they move.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh build run
configure release
compile release trine trine-docworker
npm_install examples/demo
exec node examples/demo/run.mjs "$@"
