# SPDX-License-Identifier: Apache-2.0
"""Runs every scenario against everybody in turn, then prints the table. See run.sh for what steers
it; every run is a line in bench/results."""

import contextlib
import datetime
import json
import os
import pathlib
import resource
import subprocess
import tempfile
import time

import restart
import scenarios
import table
from headwater import Headwater
from perf_record import recorded

IDLE_SECONDS = 10
IDLE_CONNECTIONS, IDLE_CONNECTIONS_TLS = 19_500, 5_000
HANDSHAKES = 1_000
LARGE_BYTES = 40 << 10
# What the generator and the server need beside their connections.
DESCRIPTORS_SPARE = 400
RESULTS = pathlib.Path(__file__).resolve().parent / "results"


def count(name: str, default: int) -> int:
    """How many connections: from the environment, at most what the limit of descriptors allows."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1] - DESCRIPTORS_SPARE
    wanted = int(os.environ.get(name, default))
    if wanted > limit:
        print(f"{name}: {wanted} connections are more than the limit of file descriptors allows: "
              f"{limit}")
    return min(wanted, limit)


def options(scenario: str, tls: bool) -> list[str]:
    """What a scenario tells the generator beside its name."""
    if scenario == "e":
        name, default = ("IDLE_TLS", IDLE_CONNECTIONS_TLS) if tls else ("IDLE", IDLE_CONNECTIONS)
        return ["--n", str(count(name, default)), "--large", str(LARGE_BYTES)]
    if scenario == "g":
        return ["--n", str(count("HANDSHAKES", HANDSHAKES))]
    return ["--secs", os.environ.get("SECS", "3"), "--warm", os.environ.get("WARM", "1"),
            "--topics", os.environ.get("TOPICS", "1")]


def load(broker, scenario: str) -> dict:
    """One run of the generator; its line of figures, or the reason why there is none."""
    done = subprocess.run(
        [os.environ["MQTTLOAD"], "--scen", scenario, "--addr", broker.address,
         "--payload", "json" if broker.kept else "raw", "--pid", str(broker.process.pid),
         *(broker.identity.arguments() if broker.identity else []),
         *options(scenario, broker.tls)],
        capture_output=True, text=True, timeout=300)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {"error": done.stderr.strip()[-300:] or str(done.returncode)}


def one_run(scenario: str, contender, number: int, stamp: str) -> dict:
    head = {"name": scenario, "run": number}
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        broker = contender.start(pathlib.Path(folder))
        try:
            if scenario == "reconnect":
                figures = restart.run(broker, count("DEVICES", restart.DEVICES))
                return {**head, **figures, "label": contender.label}
            broker.rest()
            before = broker.cpu_seconds()
            with profiled(broker, scenario, number, stamp):
                figures = load(broker, scenario)
                began = time.monotonic()
                broker.settle()
            figures["settle_s"] = round(time.monotonic() - began, 3)
            spent = broker.cpu_seconds() - before
        finally:
            broker.stop()
    messages = figures.get("acked_total" if scenario == "d1" else "recv_total", 0)
    if contender.kept and messages:
        # From the first connection until the last row is in Parquet, over all messages.
        figures["cpu_s_per_M"] = spent / messages * 1e6
    return {**head, "cpu_s": round(spent, 2), **figures, "label": contender.label}


def profiled(broker, scenario: str, number: int, stamp: str):
    if os.environ.get("PROFILE") != "1" or broker.name != "headwater":
        return contextlib.nullcontext()
    name = f"{stamp}-{scenario}-{broker.label.replace(' ', '-')}-{number}.profile.txt"
    return recorded(broker.process.pid, RESULTS / name, True)


def start_and_idle() -> dict:
    """Start on an empty folder, start on an old one, memory when nothing happens."""
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        first = Headwater(pathlib.Path(folder))
        first.stop()
        again = Headwater(pathlib.Path(folder))
        again.rest()
        before = again.cpu_seconds()
        time.sleep(IDLE_SECONDS)
        idle = (again.cpu_seconds() - before) / IDLE_SECONDS
        figures = {"name": "start", "label": "headwater", "first_start_ms": first.ready_ms,
                   "start_ms": again.ready_ms, "idle_kb": again.resident_kb(), "idle_cores": idle}
        again.stop()
    return figures


def main():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    RESULTS.mkdir(exist_ok=True)
    stamp = datetime.datetime.now().strftime("%Y-%m-%dT%H-%M-%S")
    runs, lines = int(os.environ.get("RUNS", "3")), []
    began, others = time.monotonic(), scenarios.peers()
    with open(RESULTS / f"{stamp}.jsonl", "w") as out:
        def keep(line: dict):
            lines.append(line)
            print(json.dumps(line), file=out, flush=True)

        for scenario in scenarios.chosen("ONLY", " ".join(scenarios.ALL)):
            for number in range(runs):
                for contender in scenarios.contenders(scenario, others):
                    line = one_run(scenario, contender, number, stamp)
                    print(table.progress(line), flush=True)
                    keep(line)
        keep(start_and_idle())
    print(table.rendered(lines))
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    print(f"\n{len(lines)} runs in {minutes}:{seconds:02}; lines in bench/results/{stamp}.jsonl")
    if failed := [line for line in lines if "error" in line]:
        raise SystemExit(f"{len(failed)} runs failed")


if __name__ == "__main__":
    main()
