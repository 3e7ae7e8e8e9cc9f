#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `make bench-floods`: abuse beside a healthy pair of devices (100 msg/s, QoS 1, kept, TLS), who must
# lose nothing and have a p99 of at most max(2 × baseline, 50 ms); memory must be back within 20 MB
# after at most 60 s. Then each malformed packet 100,000 times: memory must not climb.
#   SECS=10                  seconds of each flood
#   ONLY="half-open leaks"   these alone (mqttload/src/flood/scripts.rs; leaks: the malformed packets)
#   MALFORMED=100000         times; 0 leaves them out
#   SLACK=1                  wider limits, for development builds and busy machines
#   HEADWATER_BIN=FILE       flood this binary instead of building one
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/progress.sh
. bench/build.sh

steps 4
step "Tools: install what is missing" scripts/install.sh test
step "Build: load generator" generator
step "Build: headwater, release" server
step "Flood" .venv/bin/python bench/floods.py
