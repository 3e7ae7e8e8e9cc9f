# SPDX-License-Identifier: Apache-2.0
"""reconnect: devices with sessions that last, cut by `kill -9`; how soon all have a CONNACK again."""

import json
import os
import subprocess
import threading
import time

DEVICES = 10_000
SECONDS_MAX = 240


def run(broker, devices: int) -> dict:
    generator = subprocess.Popen(
        [os.environ["MQTTLOAD"], "--scen", "reconnect", "--addr", broker.address,
         "--n", str(devices), *(broker.identity.arguments() if broker.identity else [])],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    guard = threading.Timer(SECONDS_MAX, generator.kill)
    guard.start()
    try:
        if not generator.stdout.readline():
            return {"error": generator.stderr.read().strip()[-300:]}
        killed = time.monotonic_ns()
        broker.crash_and_restart()
        ready = time.monotonic_ns()
        text = generator.stdout.readline()
        if not text:
            return {"error": generator.stderr.read().strip()[-300:]}
        spent, rss = broker.cpu_seconds(), broker.resident_kb()
    finally:
        guard.cancel()
        generator.kill()
        generator.wait()
    figures = json.loads(text)
    return {**figures, "back_s": (figures["last_ns"] - killed) / 1e9,
            "ready_s": (ready - killed) / 1e9, "cpu_s": round(spent, 2), "rss_kb": rss}
