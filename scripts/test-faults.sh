#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The whole fault suite: `make test-faults`. Loop devices and mounts need root; without it, what
# needs them is left out, loudly. docs/durability.md says what each part promises.
# HEADWATER_SESSION_SEED="1 2 3" and HEADWATER_SESSION_ROUNDS=15 steer the kills of sessions, a run
# for each seed; arguments are pytest's, for all but those.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" -ne 0 ]; then
  echo "NOT ROOT: power cuts, full disks and other brokers will NOT be tested here." >&2
fi
scripts/install.sh "$([ "$(id -u)" -eq 0 ] && echo faults || echo test)"
if [ -z "${HEADWATER_BIN:-}" ]; then
  nice cargo build --workspace --bins
fi
export HEADWATER_FAULTS=full HEADWATER_KILL9_ROUNDS=${ROUNDS:-50}
export HEADWATER_SESSION_ROUNDS=${HEADWATER_SESSION_ROUNDS:-15}
trap 'exit 130' INT
failed=0
for seed in ${HEADWATER_SESSION_SEED:-$RANDOM $RANDOM $RANDOM}; do
  HEADWATER_SESSION_SEED=$seed .venv/bin/python -m pytest tests/test_sessions.py -q -s || failed=1
done
.venv/bin/python -m pytest tests/test_kill9.py tests/faults -q -s -rsfE --durations=12 "$@" || failed=1
exit $failed
