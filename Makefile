# SPDX-License-Identifier: Apache-2.0
# Every target can be run again at any time; what is done already is not done twice.
.DEFAULT_GOAL := help
.PHONY: help demo console test test-kill9 test-faults bench bench-floods bench-points bench-people bench-console shots sim fuzz fmt lint check generate sbom deb

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

demo: ## build, start an empty server, replay real water meters, show live SQL (Ctrl-C ends it)
	@scripts/demo.sh

console: ## build the web console into console/dist, which the binary embeds
	@scripts/install.sh build
	@scripts/console.sh build

test: ## install what is missing and run every check and test
	@scripts/test.sh

test-kill9: ## fifty rounds of kill -9 against a ledger of acknowledged messages
	@scripts/install.sh test
	cargo build --workspace --bins
	HEADWATER_KILL9_ROUNDS=$${ROUNDS:-50} .venv/bin/python -m pytest tests/test_kill9.py -q -s

test-faults: ## kills, power cuts, full disks, failed syncs, damage, clocks that jump (as root)
	@scripts/test-faults.sh

bench: ## Headwater beside peers and the floor: CPU per message, latency, connections (RUNS, SECS, ONLY)
	@bench/run.sh

bench-floods: ## abuse of every kind beside devices that must not notice; leaks by malformed packets
	@bench/floods.sh

bench-points: ## what a point costs from message to file, beside InfluxDB and PostgreSQL
	@bench/points.sh

bench-people: ## how long the people's API takes over ten million points (HEADWATER_BIN, POINTS)
	@scripts/install.sh test
	@[ -n "$$HEADWATER_BIN" ] || cargo build --release --workspace --bins
	@HEADWATER_BIN=$${HEADWATER_BIN:-target/release/headwater} .venv/bin/python bench/people.py

bench-console: ## how long a person waits for the console: 10,000 devices, ten million points (HEADWATER_BIN, POINTS, DEVICES)
	@scripts/install.sh test
	@[ -n "$$HEADWATER_BIN" ] || { scripts/console.sh build && cargo build --release --workspace --bins; }
	@HEADWATER_BIN=$${HEADWATER_BIN:-target/release/headwater} .venv/bin/python bench/console.py

shots: ## the pictures of docs/console, in Debian's Chromium
	@scripts/install.sh test
	@scripts/console.sh build
	@[ -n "$$HEADWATER_BIN" ] || cargo build --workspace --bins
	@.venv/bin/python scripts/shots.py

sim: ## thousands of seeded lives of sessions and their log, with crashes (SEEDS=5000)
	HEADWATER_SIM_SEEDS=$${SEEDS:-5000} cargo test -p hw-session --test it lifetimes

fuzz: ## run the fuzz targets for long (SECONDS_EACH=600)
	@fuzz/run.sh long

fmt: ## format the Rust code
	cargo fmt --all

lint: ## format, house rules, dependencies, clippy
	@scripts/install.sh test
	cargo fmt --all --check
	cargo run -q -p xtask -- tidy
	scripts/deny.sh
	cargo clippy --workspace --all-targets -- -D warnings

check: ## the quick round while writing: house rules and type check
	cargo run -q -p xtask -- tidy
	cargo check --workspace --all-targets

deb: ## a Debian package of a release build, for this machine's architecture (target/deb)
	@scripts/deb.sh

sbom: ## what is in the binary: CycloneDX and licence texts (target/sbom)
	@scripts/sbom.py

generate: ## write the files that are made from the binary
	cargo build --workspace --bins
	cargo run -q -p xtask -- generate
