# SPDX-License-Identifier: Apache-2.0
"""What a heavy query does to the latency of 5,000 msg/s (QoS 1, 100 pairs), in turn without and with.

mosquitto has the same load in the same turns, alone and beside the same queries, which the idle
Headwater answers: the first is the spread that the machine has by itself, the second what a process
that computes adds to a broker that has nothing to do with it.
"""

import os
import pathlib
import statistics
import tempfile
import threading

from brokers import Mosquitto

from parts import server

# Over all rows and within a statement's memory: one that is refused for want of it ends too soon.
HEAVY = ("SELECT topic, metric, count(*), stddev(value), min(value), max(value), "
         "approx_percentile_cont(value, 0.5), approx_percentile_cont(value, 0.99) "
         "FROM telemetry GROUP BY 1, 2 ORDER BY 4 DESC LIMIT 10")


def measured(broker) -> dict:
    return server.figures(server.load(broker, "f", "--secs", os.environ.get("SECS", "6")))


def run(keep) -> str:
    p99 = {"quiet": [], "heavy": [], "mosquitto": [], "mosquitto_heavy": []}
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        broker = server.kept(folder)
        try:
            server.figures(server.load(broker, "d1", "--payload", "json", "--rate",
                                       os.environ.get("FILL_RATE", "50000"), "--secs",
                                       os.environ.get("FILL_SECS", "20")))
            broker.settle()
            points = server.Sql(broker).rows("SELECT count(*) FROM telemetry")[0][0]
            for _ in range(int(os.environ.get("RUNS", "3"))):
                turn = {"quiet": measured(broker)["p99_us"]}
                turn["heavy"], queries = beside(broker, broker)
                if server.with_peers():
                    turn |= of_mosquitto(broker)
                keep({"points": points, "queries": queries, "p99_us": turn})
                for name, value in turn.items():
                    p99[name].append(value)
        finally:
            broker.stop()
    told = (f"  {points:,} points; p99 {rise(p99['quiet'], p99['heavy'])}, its own spread "
            f"{spread(p99['quiet']):.0%}")
    if not p99["mosquitto"]:
        return told
    return (f"{told}; mosquitto {rise(p99['mosquitto'], p99['mosquitto_heavy'])}, its own spread "
            f"{spread(p99['mosquitto']):.0%}")


def of_mosquitto(asked) -> dict:
    """Its p99, alone and while `asked` answers queries."""
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        peer = Mosquitto(pathlib.Path(folder))
        try:
            alone = measured(peer)["p99_us"]
            return {"mosquitto": alone, "mosquitto_heavy": beside(peer, asked)[0]}
        finally:
            peer.stop()


def beside(broker, asked) -> tuple[float, int]:
    """The p99 while `asked` answers queries, and how many it answered."""
    queries = Queries(server.Sql(asked))
    try:
        return measured(broker)["p99_us"], queries.end()
    finally:
        queries.over.set()


def rise(quiet: list, heavy: list) -> str:
    alone, with_query = statistics.median(quiet), statistics.median(heavy)
    return (f"quiet {alone / 1000:.2f} ms, beside a heavy query {with_query / 1000:.2f} ms: "
            f"{with_query / alone - 1:+.0%}")


def spread(values: list) -> float:
    return (max(values) - min(values)) / statistics.median(values)


class Queries:
    """One heavy query after the other, until the end."""

    def __init__(self, sql):
        self.sql, self.over, self.count, self.failed = sql, threading.Event(), 0, None
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self):
        while not self.over.is_set():
            try:
                self.sql.rows(HEAVY)
            except (SystemExit, OSError) as error:
                self.failed = error
                return
            self.count += 1

    def end(self) -> int:
        self.over.set()
        self.thread.join()
        if self.failed or not self.count:
            raise SystemExit(f"no heavy query was answered: {self.failed}")
        return self.count
