# SPDX-License-Identifier: Apache-2.0
"""A long run at a fixed rate: memory, CPU, disk and lag from its beginning to its end."""

import os
import tempfile
import time

from process import folder_bytes
from stores import METRICS

from parts import server

SAMPLE_SECONDS = 5


def run(keep) -> str:
    rate, seconds = os.environ.get("LONG_RATE", "20000"), os.environ.get("LONG_SECS", "600")
    samples = []
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        broker = server.kept(folder)
        before = broker.cpu_seconds()
        generator = server.load(broker, "d1", "--payload", "json", "--rate", rate, "--secs", seconds)
        try:
            while generator.poll() is None:
                time.sleep(SAMPLE_SECONDS)
                samples.append((broker.resident_kb() // 1024, folder_bytes(broker.data / "log")))
                keep({"rss_mb": samples[-1][0], "log_bytes": samples[-1][1]})
            done = server.figures(generator)
            broker.settle()
            spent = broker.cpu_seconds() - before
            disk = folder_bytes(broker.data / "blobs" / "lake")
        finally:
            generator.kill()
            broker.stop()
    points = done["acked_total"] * len(METRICS)
    third = max(1, len(samples) // 3)
    parts = [sorted(mb for mb, _ in samples[i * third:(i + 1) * third] or samples) for i in range(3)]
    memory = ", ".join(f"{part[len(part) // 2]} (max {part[-1]})" for part in parts)
    log = max(size for _, size in samples)
    keep({**done, "cpu_s_per_M_points": spent / points * 1e6, "disk": disk / points})
    return (f"  {done['acked_s']:.0f} msg/s for {seconds} s, {points:,} points, lost {done['lost']}\n"
            f"  RSS MB, median of each third: {memory}; most in the log {log / 1e6:.0f} MB\n"
            f"  {spent / points * 1e6:.2f} CPU s per million points, {disk / points:.1f} B a point, "
            f"PUBACK p99 {done['p99_us'] / 1000:.1f} ms")
