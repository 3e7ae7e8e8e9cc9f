#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The console, unless it is there already.
#   scripts/console.sh types   the API's types, from docs/openapi.json
#   scripts/console.sh check   those, and svelte-check without a warning
#   scripts/console.sh build   those, and console/dist, which `crates/api/build.rs` embeds
set -euo pipefail
cd "$(dirname "$0")/../console"

# What the last successful run was made of.
digest() {
  find src static scripts ./*.json ./*.js ./*.ts ../docs/openapi.json -type f ! -name schema.d.ts -print0 |
    sort -z | xargs -0 sha256sum | sha256sum
}

# once NAME COMMAND...: nothing, if the same sources went through it.
once() {
  local stamp=node_modules/.headwater-$1 now
  shift
  now=$(digest)
  if [ "$(cat "$stamp" 2>/dev/null)" = "$now" ]; then return; fi
  "$@"
  printf '%s\n' "$now" >"$stamp"
}

types() { npm run --silent types >/dev/null; }
check() { npm run --silent check; }
site() { npm run --silent build; }
build() {
  [ -f dist/index.html ] || rm -f node_modules/.headwater-build
  once build site
}

for wanted in "$@"; do
  case $wanted in
    types) once types types ;;
    check) once types types; once check check ;;
    build) once types types; build ;;
    *) sed -n '4,6s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done
