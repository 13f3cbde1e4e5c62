#!/usr/bin/env bash
# ./dev package: Debian packages of the gateway and of its document worker, in build/packages.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh build package
configure release
compile release trine trine-docworker
step package "Making the packages" cpack --config build/release/CPackConfig.cmake -B build/packages
for file in build/packages/*.deb; do
  say "$file"
  dpkg-deb --field "$file" Package Version Architecture Installed-Size Depends
done
