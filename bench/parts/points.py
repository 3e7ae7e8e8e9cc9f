# SPDX-License-Identifier: Apache-2.0
"""CPU and disk of a numeric point, from its message until it is in the store's own files.

Headwater: 200 MQTT clients, QoS 1, 200-byte JSON with five numbers and one text, counted from the
first connection until `lake flush` has returned; the text and the raw messages are kept beside the
points and their bytes are counted to the points, as they are before any merge of files. The peers
get the five numbers alone, in batches of 5,000 points over one connection, ready-made for them;
their generators' CPU is not counted.
"""

import os
import pathlib
import statistics
import tempfile
import time

from process import folder_bytes
from stores import METRICS, PEERS

from parts import server

HEAD = ("store", "CPU s/M points", "k points/s", "bytes/point", "RSS MB", "runs")


def ours(folder: str, seconds: str) -> dict:
    broker = server.kept(folder)
    try:
        before = broker.cpu_seconds()
        done = server.figures(server.load(broker, "d1", "--payload", "json", "--warm", "1",
                                          "--secs", seconds))
        broker.settle()
        spent, points = broker.cpu_seconds() - before, done["acked_total"] * len(METRICS)
        lake = broker.data / "blobs" / "lake"
        sizes = {table: sum(folder_bytes(f) for f in lake.glob(f"*/{table}/data"))
                 for table in ("telemetry", "messages")}
        return {"store": "headwater", "points": points, "cpu_s_per_M": spent / points * 1e6,
                "rate": done["acked_s"] * len(METRICS), "bytes": sum(sizes.values()) / points,
                "telemetry": sizes["telemetry"] / points,
                "messages": sizes["messages"] / points * len(METRICS),
                "rss_mb": broker.resident_kb() / 1024, "lost": done["lost"]}
    finally:
        broker.stop()


def peers(name: str, folder: str, points: int) -> dict:
    data = pathlib.Path(folder) / "data"
    data.mkdir()
    store = PEERS[name](data)
    try:
        empty, before, began = store.disk_bytes(), store.cost(), time.monotonic()
        store.feed(points // len(METRICS))
        rate = points / (time.monotonic() - began)
        store.settle()
        return {"store": name, "points": points, "cpu_s_per_M": (store.cost() - before) / points * 1e6,
                "rate": rate, "bytes": (store.disk_bytes() - empty) / points}
    finally:
        store.stop()


def run(keep) -> str:
    lines, names = [], ("headwater", *(PEERS if server.with_peers() else ()))
    for number in range(int(os.environ.get("RUNS", "3"))):
        for name in names:
            with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
                if name == "headwater":
                    line = ours(folder, os.environ.get("SECS", "10"))
                else:
                    line = peers(name, folder, int(os.environ.get("POINTS", "1000000")))
            keep({"run": number, **line})
            lines.append(line)
            print(f"  {name:16}{line['cpu_s_per_M']:6.2f} s/M {line['bytes']:7.1f} B", flush=True)
    return table(lines)


def table(lines: list[dict]) -> str:
    text = ["  ".join(HEAD)]
    for name in dict.fromkeys(line["store"] for line in lines):
        mine = [line for line in lines if line["store"] == name]

        def median(key, mine=mine):
            found = [line[key] for line in mine if key in line]
            return f"{statistics.median(found):.2f}" if found else "-"

        rate = statistics.median(line["rate"] for line in mine) / 1000
        text.append(f"{name:16} {median('cpu_s_per_M'):>8} {rate:10.0f} {median('bytes'):>10} "
                    f"{median('rss_mb'):>8} {len(mine):>4}")
        if name == "headwater":
            text.append(f"{'':16} of it: telemetry {median('telemetry')} B a point, "
                        f"messages {median('messages')} B a message")
    return "\n".join(text)
