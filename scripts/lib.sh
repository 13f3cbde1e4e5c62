# shellcheck shell=bash
# Shared by the scripts of ./dev: quiet steps with a log each, and the build folders. Sourced, never run.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
log_dir=$root/build/log
mkdir -p "$log_dir"
jobs=${TRINE_JOBS:-$(nproc)}

say() { printf '%s\n' "$*"; }

# step NAME WORDS COMMAND...: runs the command with its output in build/log/NAME.log; shows the end of it on failure.
step() {
  local name=$1 words=$2 log=$log_dir/$1.log start=$SECONDS status=0
  shift 2
  printf '%s ...' "$words"
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then
    printf ' failed (exit %s)\n' "$status"
    say "--- the end of ${log#"$root"/} ---"
    tail -n 40 "$log"
    return "$status"
  fi
  printf ' %ss\n' "$((SECONDS - start))"
}

# The folder and the CMake options of one kind of build.
build_dir() { echo "build/$1"; }
cmake_options() {
  case $1 in
    release) echo "-DCMAKE_BUILD_TYPE=Release" ;;
    debug) echo "-DCMAKE_BUILD_TYPE=Debug" ;;
    asan) echo "-DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 -DTRINE_SANITIZE=address,undefined" ;;
    tsan) echo "-DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 -DTRINE_SANITIZE=thread" ;;
    cover) echo "-DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 -DTRINE_COVERAGE=ON -DTRINE_UNITY=OFF" ;;
    fuzz) echo "-DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DTRINE_FUZZ=ON" ;;
    *) echo "no build of kind '$1'" >&2 && return 2 ;;
  esac
}

# configure KIND; compile KIND [TARGET...]
configure() {
  local -a options
  read -ra options <<<"$(cmake_options "$1")"
  step "configure-$1" "Configuring $(build_dir "$1")" cmake -S . -B "$(build_dir "$1")" -G Ninja \
    -DTRINE_WERROR="${TRINE_WERROR:-OFF}" "${options[@]}"
}
compile() {
  local kind=$1
  shift
  step "build-$kind" "Building $(build_dir "$kind")${*:+ ($*)}" ninja -C "$(build_dir "$kind")" -j "$jobs" "$@"
}

# npm ci in a folder, only when its lock file is newer than what is installed.
npm_install() {
  local folder=$1
  if [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ]; then return 0; fi
  step "npm-$(basename "$folder")" "Installing the npm packages of $folder" \
    npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error
}

# run_ctest KIND NAME [CTEST OPTION...]: prints failures and reasons for skips, and ends with the line of counts.
run_ctest() {
  local kind=$1 name=$2 status=0
  shift 2
  local log=$log_dir/$name.log counts=$log_dir/$name.xml
  rm -f "$counts"
  say "Running the tests in $(build_dir "$kind") (details: ${log#"$root"/})"
  ctest --test-dir "$(build_dir "$kind")" -j "$jobs" --output-on-failure --no-tests=error --output-junit "$counts" "$@" \
    >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then
    grep -vE '^ *(Start +[0-9]+:|[0-9]+/[0-9]+ Test .* Passed )' "$log" | tail -n 150
  fi
  if [ ! -s "$counts" ]; then
    say "No test was run: see ${log#"$root"/}."
    return 1
  fi
  # ctest's first element: <testsuite ... tests="9" failures="0" disabled="0" skipped="1" ...>
  local head total failed skipped
  head=$(head -c 4000 "$counts" | tr '\n\t' '  ')
  total=$(sed -nE 's/.*<testsuite [^>]*tests="([0-9]+)".*/\1/p' <<<"$head")
  failed=$(sed -nE 's/.*<testsuite [^>]*failures="([0-9]+)".*/\1/p' <<<"$head")
  skipped=$(sed -nE 's/.*<testsuite [^>]*skipped="([0-9]+)".*/\1/p' <<<"$head")
  if [ "$skipped" -gt 0 ]; then
    say "Skipped:"
    sed -nE '/The following tests did not run:/,/^$/p' "$log" | sed -nE 's/^\t* *[0-9]+ - (.*) \(Skipped\).*/  \1/p' | head -n 40
  fi
  say "$((total - failed - skipped)) passed, $failed failed, $skipped skipped"
  return "$status"
}

# Our own C++ sources, separated by NUL.
cpp_sources() { git ls-files -z --cached --others --exclude-standard -- 'src/*.h' 'src/*.cc' 'test/*.h' 'test/*.cc' 'bench/*.h' 'bench/*.cc'; }
