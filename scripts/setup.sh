#!/usr/bin/env bash
# ./dev setup [GROUP...]: installs the missing packages of the named groups, and says which and why.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

groups=("$@")
[ ${#groups[@]} -gt 0 ] || groups=(build run test lint)

node_is_new_enough() {
  command -v npm >/dev/null && command -v node >/dev/null &&
    [ "$(node -p 'process.versions.node.split(".")[0] >= 18' 2>/dev/null)" = true ]
}

declare -A why=()
names=()
while read -r group name reason; do
  case $group in '' | \#*) continue ;; esac
  [[ " ${groups[*]} " == *" $group "* ]] || continue
  if [[ $name == nodejs || $name == npm ]] && node_is_new_enough; then continue; fi
  if [[ $name == python3 ]] && command -v python3 >/dev/null; then continue; fi
  [ -n "${why[$name]:-}" ] || names+=("$name")
  why[$name]=$reason
done <scripts/packages.txt

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  say "This is not a Debian system, so nothing is installed here. Needed, by Debian's names: ${names[*]}."
  exit 0
fi

declare -A installed=()
while read -r status name; do
  [[ $status == ii* ]] && installed[$name]=1
done < <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "${names[@]}" 2>/dev/null || true)
missing=()
for name in "${names[@]}"; do [ -n "${installed[$name]:-}" ] || missing+=("$name"); done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    say "These packages are missing, and neither root nor sudo is at hand to install them: ${missing[*]}." >&2
    say "Install them as root (apt-get install --no-install-recommends ${missing[*]}), then run this again." >&2
    exit 1
  fi
  as_root=(sudo)
fi

say "Installing ${#missing[@]} packages with apt-get:"
for name in "${missing[@]}"; do printf '  %-20s %s\n' "$name" "${why[$name]}"; done
export DEBIAN_FRONTEND=noninteractive
# A machine that was never updated has no package lists yet; one that was may have old ones, so a failure asks for new.
install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}")
if ! "${install[@]}" </dev/null >"$log_dir/setup-first-try.log" 2>&1; then
  step setup-lists "Updating the package lists" "${as_root[@]}" apt-get update
  step setup "Installing the packages" "${install[@]}"
fi
