#!/usr/bin/env bash
# ./dev run [--once] [--json FILE]: builds the gateway, then runs examples/demo.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh build run
configure release
compile release trine trine-docworker
npm_install examples/demo
exec node examples/demo/run.mjs "$@"
