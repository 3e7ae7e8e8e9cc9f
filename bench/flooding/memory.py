# SPDX-License-Identifier: Apache-2.0
"""Resident memory of the server: how it was, its peak, and when it is back."""

import threading
import time

from flooding.rules import RSS_BACK_MB, RSS_BACK_SECONDS

SAMPLE_SECONDS = 0.1


class Watch:
    """Samples resident memory until `end`."""

    def __init__(self, server):
        self.server, self.samples, self.over = server, [], threading.Event()
        self.before_mb = server.resident_kb() / 1024
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self):
        while not self.over.wait(SAMPLE_SECONDS):
            try:
                self.samples.append((time.monotonic(), self.server.resident_kb() / 1024))
            except OSError:
                return  # The server has ended; who asks it next says so.

    def end(self):
        self.over.set()
        self.thread.join()

    @property
    def peak_mb(self) -> float:
        return max((mb for _, mb in self.samples), default=self.before_mb)


def back(server, before_mb: float) -> tuple[float, float | None]:
    """(MB at the end, seconds until memory is as it was); None if it is not in time."""
    began = time.monotonic()
    while True:
        now_mb = server.resident_kb() / 1024
        spent = time.monotonic() - began
        if now_mb <= before_mb + RSS_BACK_MB:
            return now_mb, spent
        if spent > RSS_BACK_SECONDS:
            return now_mb, None
        time.sleep(SAMPLE_SECONDS)
