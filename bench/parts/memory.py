# SPDX-License-Identifier: Apache-2.0
"""Memory after ingest at full speed: how much is held, and how soon it is given back. With
MEMORY_RATE at that many messages a second."""

import os
import tempfile
import time

from parts import server

WATCHED_SECONDS = int(os.environ.get("WATCH_SECS", "40"))
LOOKED_AT = (0, 5, 10, 20, 40)


def run(keep) -> str:
    seconds = os.environ.get("SECS", "10")
    rate = ["--rate", os.environ["MEMORY_RATE"]] if "MEMORY_RATE" in os.environ else []
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        broker = server.kept(folder)
        try:
            idle = broker.resident_kb() // 1024
            generator = server.load(broker, "d1", "--payload", "json", "--warm", "1",
                                    "--secs", seconds, *rate)
            peak = 0
            while generator.poll() is None:
                time.sleep(0.2)
                peak = max(peak, broker.resident_kb() // 1024)
            done = server.figures(generator)
            ended, samples = time.monotonic(), {}
            while (passed := time.monotonic() - ended) <= WATCHED_SECONDS + 1:
                samples[int(passed)] = broker.resident_kb() // 1024
                time.sleep(0.5)
        finally:
            broker.stop()
    after = {at: samples[at] for at in LOOKED_AT if at <= WATCHED_SECONDS}
    keep({"idle_mb": idle, "peak_mb": peak, "after_mb": after, "rate": done["acked_s"]})
    shown = ", ".join(f"{mb} after {at} s" for at, mb in after.items())
    return (f"  RSS MB: {idle} at the start, {peak} at most at {done['acked_s']:.0f} msg/s "
            f"for {seconds} s; {shown}")
