#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds what is not built yet and runs the demo until Ctrl-C: `make demo`. The build is the one of
# `make test` (dev profile, whole workspace), so that neither makes the other build anew.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/progress.sh

build() {
  if [ ! -x "${CARGO_TARGET_DIR:-target}/debug/headwater" ]; then
    cat <<TEXT
      The first build compiles several hundred crates: about 12 minutes on two cores, less on more.
      Later starts take seconds.
TEXT
  fi
  cargo_shown build --workspace --bins
}

steps 4
step "Tools: install what is missing" scripts/install.sh build
step "Console" scripts/console.sh build
step "Build" build
printf '\n[4/4] Demo: a server, three water meters, live SQL. Ctrl-C ends it.\n\n'
exec "${CARGO_TARGET_DIR:-target}/debug/headwater" demo "$@"
