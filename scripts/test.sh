#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Everything that must hold before a change lands: `make test`. Cold, on two cores, most of the
# time is the dependencies: about 8 minutes for clippy and 12 for the build.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/progress.sh

fuzz_short() {
  if [ -x fuzz/run.sh ]; then fuzz/run.sh short; else echo "no fuzz/run.sh here"; fi
}

load_generator() {
  local target=${CARGO_TARGET_DIR:-$PWD/bench/mqttload/target}
  cargo_shown test --release --manifest-path bench/mqttload/Cargo.toml --target-dir "$target"
}

end_to_end() {
  .venv/bin/python -m pytest tests -q -rfE --durations=10
}

steps 12
step "Tools: install what is missing" scripts/install.sh test
step "Format: cargo fmt --check" cargo fmt --all --check
step "Tidy: floors, sizes, heads, licences, words" cargo run -q -p xtask -- tidy
step "Dependencies: licences, bans, sources, advisories" scripts/deny.sh
step "Console: types, build, size of the first page" scripts/console.sh check build
step "Lint: clippy, no warnings" cargo_shown clippy --workspace --all-targets -- -D warnings
step "Unit and crate tests: cargo test" cargo_shown test --workspace
step "Build: the binary" cargo_shown build --workspace --bins
step "Build and test: the load generator" load_generator
step "Generated files are fresh" cargo run -q -p xtask -- tidy --strict
step "Fuzz: a short run of every target" fuzz_short
step "End to end: real clients against the real binary" end_to_end
printf '\nAll %d steps passed in %s.\n' "$step_total" "$(clock $((SECONDS - step_started)))"
