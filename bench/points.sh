#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `make bench-points`: what a numeric point costs from its message to its file, beside InfluxDB 1.6
# and PostgreSQL 15 with one index, in one run; then how soon a message is visible, how soon a
# killed server answers, what a heavy query does to its neighbours, how soon memory is given back,
# and a long run.
#   PARTS="points visible recovery neighbours memory long"   which of these
#   RUNS=3 SECS=10           runs of each store, seconds of each of ours
#   LONG_SECS=600 LONG_RATE=20000   the long run: seconds, messages a second (0: as many as it takes)
#   LONG_PEER=1              and InfluxDB with as many points, or for as long
#   PEERS=0                  without the others
#   HEADWATER_BIN=FILE       measure this binary instead of building one
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/progress.sh
. bench/build.sh

steps 4
step "Tools: install what is missing" scripts/install.sh bench-points
step "Build: load generator" generator
step "Build: headwater, release" server
step "Measure" python3 bench/points.py
