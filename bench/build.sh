# SPDX-License-Identifier: Apache-2.0
# Sourced by the benches, from the top of the repository: where things are built, and how.

load_target=${CARGO_TARGET_DIR:-$PWD/bench/mqttload/target}
target=${CARGO_TARGET_DIR:-$PWD/target}
export MQTTLOAD="$load_target/release/mqttload" FLOOR="$load_target/release/floor"
export HEADWATER_BIN=${HEADWATER_BIN:-$target/release/headwater}

generator() {
  cargo_shown build --release --manifest-path bench/mqttload/Cargo.toml --target-dir "$load_target"
}

server() {
  if [ "$HEADWATER_BIN" != "$target/release/headwater" ]; then
    echo "measuring $HEADWATER_BIN"
  else
    [ -x "$HEADWATER_BIN" ] || echo "      a cold release build takes about 20 minutes on two cores"
    cargo_shown build --release --workspace --bins
  fi
}
