# SPDX-License-Identifier: Apache-2.0
"""From the start of a publish until SQL returns the message, beside 5,000 msg/s that are kept."""

import os
import tempfile
import time

from parts import server

MARKERS = int(os.environ.get("MARKERS", "300"))
GIVE_UP_SECONDS = 30


def run(keep) -> str:
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        broker = server.kept(folder)
        generator = server.load(broker, "d1", "--payload", "json", "--rate", "5000", "--secs",
                                str(MARKERS // 5 + 5))
        try:
            sql, publisher = server.Sql(broker), server.Publisher(broker.address, "ml-marker")
            times, acks = [], []
            for number in range(MARKERS):
                topic, began = f"bench/pair/marker-{number}", time.monotonic()
                publisher.publish(topic, b'{"v": 1}')
                acks.append(time.monotonic() - began)
                while not sql.rows(f"SELECT 1 FROM messages WHERE topic = '{topic}'"):
                    if time.monotonic() - began > GIVE_UP_SECONDS:
                        raise SystemExit(f"{topic} is not visible after {GIVE_UP_SECONDS} s")
                times.append(time.monotonic() - began)
                time.sleep(max(0, 0.2 - times[-1]))
            done = server.figures(generator)
        finally:
            generator.kill()
            broker.stop()
    line = {name: percentiles(values) for name, values in (("visible", times), ("puback", acks))}
    keep({**line, "beside": done["rate"]})
    return "\n".join(f"  {name:8} p50 {p[0]:.1f} ms  p99 {p[1]:.1f} ms  max {p[2]:.1f} ms"
                     for name, p in line.items())


def percentiles(seconds: list[float]) -> list[float]:
    ordered = sorted(seconds)
    return [ordered[int(len(ordered) * part)] * 1000 for part in (0.5, 0.99)] + [ordered[-1] * 1000]
