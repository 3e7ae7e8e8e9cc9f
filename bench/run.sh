#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `make bench`: Headwater beside `floor` (what loopback TCP costs at the least), mosquitto and a
# broker in Rust, in turn; musts and goals beside each figure.
#   RUNS=3 SECS=3            runs of each, seconds of each (RUNS=1 SECS=2: some ten minutes)
#   ONLY="a1 d1 e"           of: a0 a1 b0 b1 c1 d1 f e g reconnect (see mqttload/README.md)
#   PEERS="floor mosquitto"  of: floor mosquitto rumqttd (built once, into target/peers)
#   SETTINGS="plain kept"    of Headwater: plain (KEEP=off), kept (in the tables), tls (mutual TLS)
#   IDLE, IDLE_TLS, HANDSHAKES, DEVICES   connections of e, of e with TLS, of g, of reconnect
#   HEADWATER_BIN=FILE       measure this binary instead of building one
#   TOPICS=8                 topics that each publisher of a and d goes through (1)
#   PROFILE=1                record Headwater with perf; reports go to bench/results
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/progress.sh
. bench/build.sh

export PEERS=${PEERS-floor mosquitto rumqttd}
export RUMQTTD=$target/peers/bin/rumqttd

# Its Cargo.lock pins a crate that Rust of today does not compile, so without --locked.
rust_peer() {
  if [[ " $PEERS " != *" rumqttd "* ]]; then
    echo "rumqttd is not in PEERS: this run is without it"
  elif [ ! -x "$RUMQTTD" ]; then
    echo "      once, at low priority: some minutes"
    nice -n 19 cargo install rumqttd --version 0.20.0 --no-default-features --features use-rustls \
      --root "$target/peers" --target-dir "$target/peers/build" --quiet ||
      echo "rumqttd could not be built: this run is without it"
    rm -rf "$target/peers/build"
  fi
}

steps 5
step "Tools: install what is missing" scripts/install.sh bench
step "Build: load generator and floor" generator
step "Build: headwater, release" server
step "Build: rumqttd" rust_peer
step "Measure" .venv/bin/python bench/measure.py
