#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets with AddressSanitizer and libFuzzer, and runs each of them.
#   fuzz/run.sh short            8 seconds each: part of `make test`
#   fuzz/run.sh long [SECONDS]   600 each, or SECONDS, or $SECONDS_EACH; keeps what it learned
#   fuzz/run.sh again TARGET FILE    one input again, for a debugger or a test
#   fuzz/run.sh list             the targets
# TARGETS="a b" runs only those. Findings go to fuzz/artifacts. Needs rustup's stable toolchain and
# g++, no nightly: RUSTC_BOOTSTRAP lets the stable compiler take the sanitizer's flags.
set -euo pipefail
cd "$(dirname "$0")"

rss_mb_max=512
input_seconds_max=5
input_bytes_max=4096

host=$(rustc -vV | sed -n 's/^host: //p')
binaries=target/$host/release

all_targets() { for file in targets/*.rs; do basename "$file" .rs; done; }
targets=${TARGETS:-$(all_targets)}

build() {
  local flags=(
    -Cpasses=sancov-module
    -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares
    -Zsanitizer=address
    "--cfg fuzzing"
    -Ccodegen-units=1
  )
  # With --target the flags do not reach build scripts and macros.
  RUSTC_BOOTSTRAP=1 RUSTFLAGS="${flags[*]}" CARGO_TARGET_DIR=target CARGO_INCREMENTAL=0 \
    cargo build --release -j2 --target "$host" "$@"
}

export ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=32:symbolize=0:malloc_context_size=2

# The last value that libFuzzer prints under that name.
figure() { sed -n "s/.*$2 *\([0-9][0-9]*\).*/\1/p" "$1" | tail -n 1; }

# run TARGET SECONDS: one line about it; false and where the input is if it found something.
run() {
  local target=$1 seconds=$2 log=target/logs/$1.log
  mkdir -p artifacts "corpus/$target" target/logs
  local status=0
  "$binaries/$target" "corpus/$target" "target/seeds/$target" \
    -max_total_time="$seconds" -rss_limit_mb=$rss_mb_max -timeout=$input_seconds_max \
    -max_len=$input_bytes_max -detect_leaks=0 -reload=0 -print_final_stats=1 \
    -artifact_prefix="artifacts/$target-" >"$log" 2>&1 || status=$?
  printf '%-15s %9s inputs, %7s/s, %6s edges, %5s kept, %4s MB\n' "$target" \
    "$(figure "$log" stat::number_of_executed_units:)" \
    "$(figure "$log" stat::average_exec_per_sec:)" "$(figure "$log" 'cov:')" \
    "$(figure "$log" 'corp:')" "$(figure "$log" stat::peak_rss_mb:)"
  [ "$status" -eq 0 ] || finding "$target" "$log"
}

finding() {
  local target=$1 log=$2 input
  input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
  {
    echo "FOUND by $target:"
    grep -A3 -E "panicked at|ERROR: (AddressSanitizer|libFuzzer)" "$log" \
      | head -n 12 | cut -c 1-400 || tail -n 12 "$log"
    if [ -n "$input" ]; then
      echo "  input:      fuzz/$input"
      echo "  once more:  fuzz/run.sh again $target fuzz/$input"
    fi
    echo "  whole log:  fuzz/$log"
  } >&2
  return 1
}

# What a long run learned, without the inputs that add nothing.
shrink() {
  local target=$1 small=target/merged/$1
  rm -rf "$small" && mkdir -p "$small"
  "$binaries/$target" -merge=1 -max_len=$input_bytes_max -rss_limit_mb=$rss_mb_max \
    -timeout=$input_seconds_max "$small" "corpus/$target" >"target/logs/$target-merge.log" 2>&1
  rm -rf "corpus/$target" && mv "$small" "corpus/$target"
}

run_all() {
  local seconds=$1 failed=""
  build
  "$binaries/seeds" target/seeds
  for target in $targets; do
    run "$target" "$seconds" || failed="$failed $target"
  done
  if [ -n "$failed" ]; then
    echo "fuzzing found something:$failed" >&2
    exit 1
  fi
}

case ${1:-} in
  short) run_all 8 ;;
  long)
    run_all "${2:-${SECONDS_EACH:-600}}"
    for target in $targets; do shrink "$target"; done
    ;;
  again)
    input=$(cd "$OLDPWD" && realpath "${3:?which file}")
    build --bin "${2:?which target}"
    "$binaries/$2" -timeout=$input_seconds_max -rss_limit_mb=$rss_mb_max "$input"
    ;;
  list) all_targets ;;
  *)
    sed -n '4,7p' run.sh | sed 's/^# \{0,1\}//' >&2
    exit 2
    ;;
esac
