# SPDX-License-Identifier: Apache-2.0
"""A long run, at a fixed rate or (LONG_RATE=0) as fast as it goes: memory, CPU, disk and lag from
its beginning to its end."""

import os
import pathlib
import tempfile
import time

from process import folder_bytes
from stores import METRICS, Influx

from parts import server

SAMPLE_SECONDS = 5
# So much may wait for the tables: at full speed, this is where publishers are slowed down to what
# the tables take.
LOG_BYTES_MAX = 2 << 30


def run(keep) -> str:
    rate, seconds = os.environ.get("LONG_RATE", "20000"), os.environ.get("LONG_SECS", "600")
    pause = min(SAMPLE_SECONDS, float(seconds) / 10)
    samples = []
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        broker = server.kept(folder, HEADWATER_LOG_BYTES_MAX=str(LOG_BYTES_MAX))
        before = broker.cpu_seconds()
        generator = server.load(broker, "d1", "--payload", "json", "--rate", rate, "--secs", seconds)
        try:
            while generator.poll() is None:
                time.sleep(pause)
                samples.append((broker.resident_kb() // 1024, int(broker.heap_bytes()) >> 20,
                                folder_bytes(broker.data / "log")))
                keep(dict(zip(("rss_mb", "heap_mb", "log_bytes"), samples[-1])))
            done = server.figures(generator)
            broker.settle()
            spent = broker.cpu_seconds() - before
            disk = folder_bytes(broker.data / "blobs" / "lake")
        finally:
            generator.kill()
            broker.stop()
    points = done["acked_total"] * len(METRICS)
    log = max(size for _, _, size in samples)
    keep({**done, "cpu_s_per_M_points": spent / points * 1e6, "disk": disk / points})
    return (f"  {done['acked_s']:.0f} msg/s for {seconds} s, {points:,} points, lost {done['lost']}\n"
            f"  MB, least to most (median) of each third: RSS {thirds([rss for rss, _, _ in samples])}; "
            f"heap {thirds([heap for _, heap, _ in samples])}; most in the log {log / 1e6:.0f} MB\n"
            f"  {spent / points * 1e6:.2f} CPU s per million points, {disk / points:.1f} B a point, "
            f"PUBACK p99 {done['p99_us'] / 1000:.1f} ms{peer(done['acked_total'], float(seconds), keep)}")


def peer(messages: int, seconds: float, keep) -> str:
    """With LONG_PEER=1 InfluxDB beside it: the same points, in batches of 5,000, as fast as they go
    and for as long, with what it compacts meanwhile."""
    if os.environ.get("LONG_PEER", "") in ("", "0"):
        return ""
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        store_folder = pathlib.Path(folder) / "store"
        store_folder.mkdir()
        store = Influx(store_folder)
        try:
            before, began = store.cost(), time.monotonic()
            try:
                messages = store.feed(messages, seconds)
                store.settle()
            except (SystemExit, OSError) as error:
                return f"\n  {store.name} did not get through: {error}"
            spent, took = store.cost() - before, time.monotonic() - began
            disk = store.disk_bytes()
        finally:
            store.stop()
    points = messages * len(METRICS)
    keep({"peer": store.name, "cpu_s_per_M_points": spent / points * 1e6, "disk": disk / points})
    return (f"\n  {store.name}, {points:,} of them in {took:.0f} s: {spent / points * 1e6:.2f} CPU s per "
            f"million points, {disk / points:.1f} B a point")


def thirds(samples: list) -> str:
    """Least, most and median of the run's first, second and last third."""
    third = max(1, len(samples) // 3)
    parts = [sorted(samples[i * third:(i + 1) * third] or samples) for i in range(3)]
    return ", ".join(f"{part[0]} to {part[-1]} ({part[len(part) // 2]})" for part in parts)
