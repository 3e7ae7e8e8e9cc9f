#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `make bench`: Headwater beside mosquitto and `floor` (what loopback TCP costs at the least), in turn.
#   RUNS=3 SECS=3            runs per scenario, seconds of each
#   SCENARIOS="a1 d1 kept"   of: a1 b1 c1 d1 kept (d1 with JSON payloads into the tables)
#   BROKERS="floor mosquitto headwater"
#   HEADWATER_BIN=FILE       measure this binary instead of building one
#   PROFILE=1                record Headwater with perf; reports go to bench/results
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/progress.sh

export BROKERS=${BROKERS:-floor mosquitto headwater}
load_target=${CARGO_TARGET_DIR:-$PWD/bench/mqttload/target}
target=${CARGO_TARGET_DIR:-$PWD/target}
export MQTTLOAD="$load_target/release/mqttload" FLOOR="$load_target/release/floor"
export HEADWATER_BIN=${HEADWATER_BIN:-$target/release/headwater}

generator() {
  cargo_shown build --release --manifest-path bench/mqttload/Cargo.toml --target-dir "$load_target"
}

server() {
  if [[ " $BROKERS " != *" headwater "* ]]; then
    echo "not asked for"
  elif [ "$HEADWATER_BIN" != "$target/release/headwater" ]; then
    echo "measuring $HEADWATER_BIN"
  else
    [ -x "$HEADWATER_BIN" ] || echo "      a cold release build takes about 20 minutes on two cores"
    cargo_shown build --release --workspace --bins
  fi
}

steps 4
step "Tools: install what is missing" scripts/install.sh bench
step "Build: load generator and floor" generator
step "Build: headwater, release" server
step "Measure" python3 bench/measure.py
