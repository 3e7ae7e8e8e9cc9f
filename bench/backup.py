#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Backup and restore of about a gigabyte, and what a publisher notices of it.

Run with the tests' Python: `.venv/bin/python bench/backup.py [MEGABYTES]`. Prints a line for each
figure: name, value, unit. `HEADWATER_BIN` names the binary, the dev build if it is not set;
`QUIET_SECS` is how long the publisher is looked at before.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests"))

from harness import binary, device, policies, sql  # noqa: E402
from harness.mqtt import Client  # noqa: E402
from harness.server import Server  # noqa: E402

PAYLOAD_BYTES = 250_000
WINDOW = 16
QUIET_SECONDS = float(os.environ.get("QUIET_SECS", "20"))
PACE_SECONDS = 0.02


def say(name: str, value: float, unit: str):
    print(f"{name:<36} {value:>10.2f} {unit}", flush=True)


def fill(server: Server, meter: device.Device, megabytes: int):
    """Random payloads, which no compression makes smaller."""
    with Client(server, meter, client_id="filler") as client:
        flying = []
        for _ in range(megabytes * 1_000_000 // PAYLOAD_BYTES):
            flying.append(client.paho.publish("fill", os.urandom(PAYLOAD_BYTES), qos=1))
            if len(flying) == WINDOW:
                flying.pop(0).wait_for_publish(30)
        for message in flying:
            message.wait_for_publish(30)


class Pulse(threading.Thread):
    """Publishes 50 small messages a second, and notes how long each acknowledgement takes."""

    def __init__(self, server: Server, meter: device.Device):
        super().__init__(daemon=True)
        self.server, self.meter = server, meter
        self.milliseconds: list[float] = []
        self.ending = threading.Event()

    def run(self):
        with Client(self.server, self.meter, client_id="pulse") as client:
            while not self.ending.wait(PACE_SECONDS):
                began = time.monotonic()
                client.paho.publish("pulse", b'{"flow": 1}', qos=1).wait_for_publish(30)
                self.milliseconds.append((time.monotonic() - began) * 1000)

    def figures(self, since: int = 0) -> tuple[float, float, float]:
        # No figure, where a backup was over before one publish.
        sorted_ms = sorted(self.milliseconds[since:]) or [float("nan")]
        return tuple(sorted_ms[min(len(sorted_ms) - 1, int(len(sorted_ms) * part))]
                     for part in (0.5, 0.99, 1))


def timed(*args: str) -> tuple[float, dict, int]:
    """Seconds, what it printed, and the greatest resident memory in kB."""
    began = time.monotonic()
    process = subprocess.Popen([binary.path(), *args], env=binary.clean_environment(),
                               stdout=subprocess.PIPE, text=True)
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, text
    return time.monotonic() - began, json.loads(text), usage.ru_maxrss


def main(megabytes: int):
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as place:
        folder = pathlib.Path(place)
        server = Server(folder).start()
        meter = device.register(server, folder, policies.EVERYTHING)
        fill(server, meter, megabytes)
        server.flush()
        passphrase = folder / "passphrase"
        passphrase.write_text("one of many")
        passphrase.chmod(0o600)
        pulse = Pulse(server, meter)
        pulse.start()
        time.sleep(QUIET_SECONDS)
        for name, value in zip(("p50", "p99", "max"), pulse.figures()):
            say(f"puback_quiet_{name}", value, "ms")
        before, resident = len(pulse.milliseconds), server.resident_kb()
        data = str(server.data)
        seconds, made, memory = timed("backup", "--data", data, "--to", f"{place}/a.tar", "--json")
        say("backup", seconds, "s")
        say("backup_size", made["bytes"] / 1e6, "MB")
        say("backup_cli_memory", memory / 1000, "MB")
        say("server_memory_growth", (server.resident_kb() - resident) / 1000, "MB")
        seconds, _, memory = timed("backup", "--data", data, "--to", f"{place}/b.tar.age", "--json",
                                   "--passphrase-file", str(passphrase))
        say("backup_encrypted", seconds, "s")
        say("backup_encrypted_cli_memory", memory / 1000, "MB")
        for name, value in zip(("p50", "p99", "max"), pulse.figures(before)):
            say(f"puback_during_backup_{name}", value, "ms")
        pulse.ending.set()
        pulse.join()
        server.flush()
        count = sql.count(server, "select count(*) from messages where topic = 'fill'")
        server.stop()
        seconds, _, memory = timed("restore", "--from", f"{place}/a.tar", "--data",
                                   f"{place}/second/data", "--json")
        say("restore", seconds, "s")
        say("restore_memory", memory / 1000, "MB")
        seconds, _, memory = timed("restore", "--from", f"{place}/b.tar.age", "--data",
                                   f"{place}/third/data", "--json", "--passphrase-file",
                                   str(passphrase))
        say("restore_encrypted", seconds, "s")
        say("restore_encrypted_memory", memory / 1000, "MB")
        with Server(folder / "second") as second:
            found = sql.count(second, "select count(*) from messages where topic = 'fill'")
            assert found == count, (found, count)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
