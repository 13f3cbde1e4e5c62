#!/usr/bin/env bash
# ./dev fmt: formats the C++ sources in place.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh lint
cpp_sources | xargs -r -0 clang-format -i
