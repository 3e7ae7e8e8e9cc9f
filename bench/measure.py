# SPDX-License-Identifier: Apache-2.0
"""Runs every scenario against every broker in turn, then prints the table. See run.sh for what
steers it; every run is a line in bench/results."""

import datetime
import json
import os
import pathlib
import resource
import subprocess
import tempfile
import time

import table
from brokers import ALL
from perf_record import recorded

# Name: (scenario of mqttload, payload, kept in the tables).
SCENARIOS = {
    "a1": ("a1", "raw", False), "b1": ("b1", "raw", False), "c1": ("c1", "raw", False),
    "d1": ("d1", "raw", False), "kept": ("d1", "json", True),
}
IDLE_SECONDS = 2
RESULTS = pathlib.Path(__file__).resolve().parent / "results"


def wanted(name: str, default: str) -> list[str]:
    return os.environ.get(name, default).split()


def load(broker, scenario: str, form: str) -> dict:
    """One run of the generator; its line of figures, or the reason why there is none."""
    done = subprocess.run(
        [os.environ["MQTTLOAD"], "--scen", scenario, "--addr", broker.address, "--payload", form,
         "--pid", str(broker.process.pid), "--label", broker.name,
         "--secs", os.environ.get("SECS", "3"), "--warm", os.environ.get("WARM", "1")],
        capture_output=True, text=True, timeout=180)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {"label": broker.name, "error": done.stderr.strip()[-300:] or done.returncode}


def one_run(name: str, broker_name: str, number: int, stamp: str) -> dict:
    scenario, form, kept = SCENARIOS[name]
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        broker = ALL[broker_name](pathlib.Path(folder), kept)
        try:
            before = broker.cpu_seconds()
            report = RESULTS / f"{stamp}-{name}-{number}.profile.txt"
            profiled = broker_name == "headwater" and os.environ.get("PROFILE") == "1"
            with recorded(broker.process.pid, report, profiled):
                figures = load(broker, scenario, form)
                began = time.monotonic()
                broker.settle()
            figures["settle_s"] = round(time.monotonic() - began, 3)
            spent = broker.cpu_seconds() - before
        finally:
            broker.stop()
    messages = figures.get("acked_total", 0) if scenario == "d1" else figures.get("recv_total", 0)
    if kept and messages:
        # From the first connection until the last row is in Parquet, over all messages.
        figures["cpu_s_per_M"] = spent / messages * 1e6
    return {"name": name, "run": number, "cpu_s": round(spent, 2), **figures}


def start_and_idle(stamp: str) -> dict:
    """Start on an empty folder, start on an old one, memory when nothing happens."""
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        first = ALL["headwater"](pathlib.Path(folder))
        first.stop()
        again = ALL["headwater"](pathlib.Path(folder))
        time.sleep(IDLE_SECONDS)
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
    brokers = wanted("BROKERS", "floor mosquitto headwater")
    with open(RESULTS / f"{stamp}.jsonl", "w") as out:
        def keep(line: dict):
            lines.append(line)
            print(json.dumps(line), file=out, flush=True)

        for name in wanted("SCENARIOS", " ".join(SCENARIOS)):
            for number in range(runs):
                for broker in brokers:
                    line = one_run(name, broker, number, stamp)
                    print(table.progress(line), flush=True)
                    keep(line)
        if "headwater" in brokers:
            keep(start_and_idle(stamp))
    print(table.rendered(lines))


if __name__ == "__main__":
    main()
