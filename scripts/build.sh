#!/usr/bin/env bash
# ./dev build [--debug|--asan|--tsan|--cover] [TARGET...]
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

kind=release
targets=()
for argument in "$@"; do
  case $argument in
    --release | --debug | --asan | --tsan | --cover) kind=${argument#--} ;;
    -*)
      say "./dev build: unknown option '$argument'; there are --debug, --asan, --tsan and --cover." >&2
      exit 2
      ;;
    *) targets+=("$argument") ;;
  esac
done
scripts/setup.sh build
configure "$kind"
compile "$kind" "${targets[@]}"
