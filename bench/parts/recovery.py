# SPDX-License-Identifier: Apache-2.0
"""From the start after a `kill -9` until the first PUBACK, with a gigabyte in the log."""

import os
import tempfile
import time

from process import folder_bytes

from parts import server

LOG_BYTES = int(os.environ.get("LOG_BYTES", str(1 << 30)))


def run(keep) -> str:
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        broker = server.kept(folder)
        generator = server.load(broker, "d1", "--payload", "json", "--secs", "120")
        log, began = broker.data / "log", time.monotonic()
        while folder_bytes(log) < LOG_BYTES and time.monotonic() - began < 110:
            time.sleep(0.05)
        broker.process.kill()
        broker.process.wait()
        generator.kill()
        held, began = folder_bytes(log), time.monotonic()
        again = server.kept(folder)
        try:
            server.Publisher(again.address, "ml-first").publish("bench/pair/first", b"1")
            took = time.monotonic() - began
            flushing = time.monotonic()
            again.settle()
            caught_up = time.monotonic() - flushing
        finally:
            again.stop()
    keep({"log_bytes": held, "first_puback_s": took, "caught_up_s": caught_up})
    return (f"  {held / 1e9:.2f} GB of log: first PUBACK after {took:.2f} s; "
            f"the tables had caught up {caught_up:.1f} s later")
