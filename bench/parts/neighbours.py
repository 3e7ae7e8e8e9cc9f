# SPDX-License-Identifier: Apache-2.0
"""What a heavy query does to the latency of 5,000 msg/s (QoS 1, 100 pairs), in turn without and with.

mosquitto, which runs no query, is measured the same number of times: the spread of its own p99 is
what the machine adds.
"""

import os
import pathlib
import statistics
import tempfile
import threading

from brokers import Mosquitto

from parts import server

HEAVY = ("SELECT topic, date_trunc('second', time) AS t, count(*), count(DISTINCT trace_id), "
         "stddev(value), approx_percentile_cont(value, 0.99) FROM telemetry "
         "GROUP BY 1, 2 ORDER BY 5 DESC LIMIT 10")


def measured(broker) -> dict:
    return server.figures(server.load(broker, "f", "--secs", os.environ.get("SECS", "6")))


def run(keep) -> str:
    runs, quiet, heavy, alone = int(os.environ.get("RUNS", "3")), [], [], []
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        broker = server.kept(folder)
        try:
            server.figures(server.load(broker, "d1", "--payload", "json", "--rate", "50000",
                                       "--secs", os.environ.get("FILL_SECS", "20")))
            broker.settle()
            sql = server.Sql(broker)
            points = sql.rows("SELECT count(*) FROM telemetry")[0][0]
            for _ in range(runs):
                quiet.append(measured(broker)["p99_us"])
                queries = Queries(server.Sql(broker))
                heavy.append(measured(broker)["p99_us"])
                keep({"points": points, "quiet_us": quiet[-1], "heavy_us": heavy[-1],
                      "queries": queries.end()})
        finally:
            broker.stop()
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
            peer = Mosquitto(pathlib.Path(folder))
            alone.append(measured(peer)["p99_us"])
            peer.stop()
    keep({"mosquitto_us": alone})
    rise = statistics.median(heavy) / statistics.median(quiet) - 1
    spread = (max(alone) - min(alone)) / statistics.median(alone)
    return (f"  {points:,} points; p99 quiet {statistics.median(quiet) / 1000:.2f} ms, beside a "
            f"heavy query {statistics.median(heavy) / 1000:.2f} ms: {rise:+.0%}; mosquitto "
            f"{statistics.median(alone) / 1000:.2f} ms, its own spread {spread:.0%}")


class Queries:
    """One heavy query after the other, until the end."""

    def __init__(self, sql):
        self.sql, self.over, self.count = sql, threading.Event(), 0
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self):
        while not self.over.is_set():
            self.sql.rows(HEAVY)
            self.count += 1

    def end(self) -> int:
        self.over.set()
        self.thread.join()
        return self.count
