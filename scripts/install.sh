#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing on a fresh Debian with Rust and Node; what is there is left alone.
#   scripts/install.sh build   a C compiler, git, and the packages that the console is built with
#   scripts/install.sh test    that, rustfmt, clippy, psql, mosquitto's clients, age, Chromium, pebble, debootstrap, Python and Node packages
#   scripts/install.sh faults  test's, and what makes small disks and false clocks; needs root
#   scripts/install.sh bench   test's, and the mosquitto broker (never left running as a service)
#   scripts/install.sh bench-points   the broker, InfluxDB and PostgreSQL to compare with
set -euo pipefail
cd "$(dirname "$0")/.."

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

updated=no
install() {
  if ! command -v apt-get >/dev/null; then
    echo "this is not Debian: install these by hand: $*" >&2
    exit 1
  fi
  echo "installing $*"
  if [ "$updated" = no ]; then
    as_root apt-get update -qq
    updated=yes
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" \
    >/dev/null
}

# need COMMAND PACKAGE...: installs the packages when the command is missing.
need() {
  local command=$1
  shift
  PATH="$PATH:/usr/sbin:/sbin" command -v "$command" >/dev/null || install "$@"
}

build() {
  if ! command -v cargo >/dev/null; then
    echo "cargo is missing: install Rust 1.95 or newer (https://rustup.rs)" >&2
    exit 1
  fi
  need cc build-essential
  need git git ca-certificates
  node_packages console
}

rust_tools() {
  if cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1; then return; fi
  rustup component add rustfmt clippy
}

python_tools() {
  need python3 python3 python3-venv
  # Without the package python3-venv the module venv is there and this one is not.
  python3 -c 'import ensurepip' 2>/dev/null || install python3-venv
  local wanted stamp=.venv/requirements.installed
  wanted=$(cat tests/requirements.txt)
  if [ -x .venv/bin/python ] && [ "$(cat $stamp 2>/dev/null)" = "$wanted" ]; then return; fi
  [ -x .venv/bin/python ] || python3 -m venv .venv
  echo "installing Python packages into .venv"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
  printf '%s\n' "$wanted" >$stamp
}

# node_packages FOLDER: what its lock file pins.
node_packages() {
  need node nodejs
  need npm npm
  local lock=$1/package-lock.json installed=$1/node_modules/.package-lock.json
  if [ -f "$installed" ] && [ ! "$lock" -nt "$installed" ]; then return; fi
  echo "installing Node packages into $1"
  (cd "$1" && npm ci --no-audit --no-fund --loglevel=error >/dev/null)
}

broker() {
  if command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ]; then return; fi
  install mosquitto
  # The package starts a service where there is systemd; a bench starts its own.
  if command -v systemctl >/dev/null; then
    as_root systemctl disable --now mosquitto >/dev/null 2>&1 || true
  fi
}

case ${1:-} in
  build) build ;;
  test)
    build
    rust_tools
    need psql postgresql-client
    need mosquitto_pub mosquitto-clients
    need openssl openssl
    need age age
    need curl curl
    need chromium chromium
    need pebble pebble
    need ip iproute2
    need debootstrap debootstrap
    need systemd-nspawn systemd-container
    python_tools
    node_packages tests/node
    ;;
  faults)
    "$0" test
    need mkfs.ext4 e2fsprogs
    need mkfs.xfs xfsprogs
    need faketime faketime
    need nats-server nats-server
    broker
    ;;
  bench)
    "$0" test
    broker
    ;;
  bench-points)
    build
    need python3 python3
    broker
    need influxd influxdb
    need psql postgresql-client
    [ -x /usr/lib/postgresql/15/bin/postgres ] || install postgresql-15
    ;;
  *)
    sed -n '3,8s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
