#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Licences, bans and sources of everything we link; advisories where their database can be had:
# ADVISORY_DB=DIR (a git clone of it), the network, or cargo-deny's own copy of an earlier run.
set -euo pipefail
cd "$(dirname "$0")/.."

database=https://github.com/RustSec/advisory-db
deny=$(command -v cargo-deny || echo .venv/bin/cargo-deny)

"$deny" check --hide-inclusion-graph licenses bans sources

copies=${CARGO_HOME:-$HOME/.cargo}/advisory-dbs
if [ -n "${ADVISORY_DB:-}" ]; then
  GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="url.file://$ADVISORY_DB.insteadOf" \
    GIT_CONFIG_VALUE_0=$database "$deny" check --hide-inclusion-graph advisories
elif GIT_TERMINAL_PROMPT=0 timeout 30 git ls-remote -q $database HEAD >/dev/null 2>&1; then
  "$deny" check --hide-inclusion-graph advisories
elif [ -n "$(find "$copies" -mindepth 1 -maxdepth 1 -type d 2>/dev/null)" ]; then
  echo "the advisory database cannot be reached: using the copy in $copies"
  "$deny" check --disable-fetch --hide-inclusion-graph advisories
else
  cat >&2 <<TEXT
****************************************************************************************
  ADVISORIES WERE NOT CHECKED: $database
  cannot be reached and there is no local copy. Run again with network access, or with
  ADVISORY_DB=DIR pointing to a clone. Licences, bans and sources were checked.
****************************************************************************************
TEXT
fi
