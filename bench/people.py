# SPDX-License-Identifier: Apache-2.0
"""How long the people's API takes over a table of ten million points: last values, series, lists.

`make bench-people`. 20 things publish messages of 255 numbers until the table holds POINTS rows;
one more thing has a hundredth of them, of five metrics. Each request is made ROUNDS times on
one connection; the first of each kind is told apart, because later ones know last values already.
"""

import http.client
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import paho.mqtt.client as mqtt  # noqa: E402
from harness import device, policies, sql  # noqa: E402
from harness.server import Server  # noqa: E402

POINTS = int(os.environ.get("POINTS", "10000000"))
ROUNDS = int(os.environ.get("ROUNDS", "30"))
FILLERS, LEAVES = 20, 255
# How devices' keys are made is no matter here, and RSA takes long.
QUICK_KEYS = '[certificates]\ndevice_keys = "p-256"\n'
# Messages of the one that is looked at.
MEASURED = POINTS // 500
WAITING_MAX = 2_000


def publish(server: Server, who: device.Device, payloads):
    """QoS 1, many at a time; returns when all are acknowledged."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=who.name)
    client.tls_set_context(who.context())
    client.max_inflight_messages_set(200)
    client.connect("localhost", server.address("mqtts")[1])
    client.loop_start()
    waiting = []
    for payload in payloads:
        waiting.append(client.publish(f"bench/{who.name}", payload, qos=1))
        if len(waiting) >= WAITING_MAX:
            for one in waiting:
                one.wait_for_publish(60)
            waiting.clear()
    for one in waiting:
        one.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def fill(server: Server, folder: pathlib.Path):
    many = max(1, (POINTS - MEASURED * 5) // LEAVES // FILLERS)
    things = [device.register(server, folder, policies.EVERYTHING, f"filler-{n}")
              for n in range(FILLERS)]
    measured = device.register(server, folder, policies.EVERYTHING, "measured")
    for part, thing in enumerate(things):
        publish(server, thing, (json.dumps({"m": [n % 977 + leaf for leaf in range(LEAVES)]})
                                for n in range(many)))
        publish(server, measured, (json.dumps(
            {"flow": n % 97 / 7, "pressure": n % 31, "valve": {"open": n % 2 == 0},
             "temperature": n % 700 / 10, "state": f"s{n // 100}"})
            for n in range(part * MEASURED // FILLERS, (part + 1) * MEASURED // FILLERS)))
    server.flush()


def times(server: Server, path: str) -> list[float]:
    connection = http.client.HTTPConnection(*server.address("http"), timeout=600)
    found = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        connection.request("GET", "/api/v1" + path, headers=server.keys.bearer)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {text[:300]!r}")
        found.append((time.monotonic() - began) * 1000)
    return found


REQUESTS = {
    "last values of a thing": "/things/measured/values",
    "last values, 255 metrics": "/things/filler-3/values",
    f"series, 1 metric of {MEASURED:,} points": "/things/measured/series?metric=flow&from=-1d&buckets=500",
    "series, 4 metrics and a text": "/things/measured/series?metric=flow&metric=pressure"
        "&metric=valve.open&metric=temperature&metric=state&from=-1d&buckets=500",
    "series, 1 of 255 metrics": "/things/filler-3/series?metric=m.7&from=-1d&buckets=500",
    "a page of messages of a thing": "/messages?thing=measured&limit=100",
    "a page of things, last seen": "/things?limit=100",
}


def main():
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        settings = pathlib.Path(folder) / "headwater.toml"
        settings.write_text(QUICK_KEYS)
        with Server(pathlib.Path(folder), "--config", str(settings)) as server:
            began = time.monotonic()
            fill(server, pathlib.Path(folder))
            rows = sql.count(server, "select count(*) from telemetry")
            files = len(list((server.data / "blobs/lake").glob("*/telemetry/data/**/*.parquet")))
            print(f"{rows:,} points in {files} files, filled in {time.monotonic() - began:.0f} s")
            print(f"{'':36}{'first':>8}{'median':>8}{'worst':>8}  ms")
            for name, path in REQUESTS.items():
                first, *rest = times(server, path)
                print(f"{name:36}{first:8.1f}{statistics.median(rest):8.1f}{max(rest):8.1f}",
                      flush=True)


if __name__ == "__main__":
    main()
