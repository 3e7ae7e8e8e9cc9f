# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments, with a ledger of acknowledged ids outside the server.

`HEADWATER_KILL9_ROUNDS` (8) and `HEADWATER_KILL9_SEED` (random, printed) steer it.
"""

import json
import os
import random
import threading
import time

import pytest

from harness import binary, device, lake, policies, sql
from harness.ledger import Publisher

ROUNDS = int(os.environ.get("HEADWATER_KILL9_ROUNDS", "8"))
SEED = int(os.environ.get("HEADWATER_KILL9_SEED", str(random.randrange(1 << 32))))
PUBLISHERS = 6


class Flusher(threading.Thread):
    """Runs `lake flush` in a loop, so that kills fall into commits."""

    def __init__(self, server, up: threading.Event):
        super().__init__(daemon=True)
        self.server, self.up = server, up
        self.ending = threading.Event()
        self.done = 0

    def run(self):
        while not self.ending.is_set():
            if self.up.wait(0.2):
                flushed = binary.run("lake", "flush", "--data", str(self.server.data), check=False)
                self.done += flushed.returncode == 0


def crash_again_and_again(server, up: threading.Event, chance: random.Random):
    for number in range(ROUNDS):
        time.sleep(chance.uniform(0.2, 2.5))
        up.clear()
        server.kill()
        began = time.monotonic()
        server.start()
        print(f"round {number + 1}/{ROUNDS}: ready again after {time.monotonic() - began:.2f} s",
              flush=True)
        up.set()


def ids_in_table(server) -> dict[str, int]:
    """How often each id stands in the Parquet files, by another engine than ours."""
    found: dict[str, int] = {}
    for (payload,) in lake.duck_rows(server, "messages", "payload", "WHERE topic LIKE 'ledger/%'"):
        message = json.loads(bytes(payload))["id"]
        found[message] = found.get(message, 0) + 1
    return found


@pytest.mark.timeout(120 + 15 * ROUNDS)
def test_nothing_acknowledged_is_lost_or_doubled(fresh, tmp_path):
    print(f"seed {SEED}, {ROUNDS} rounds, {PUBLISHERS} publishers", flush=True)
    server, up = fresh(), threading.Event()
    publishers = [
        Publisher(server, device.register(server, tmp_path, policies.only_topics("ledger/*")),
                  up, again=number % 2 == 0)
        for number in range(PUBLISHERS)
    ]
    flusher = Flusher(server, up)
    up.set()
    for thread in (*publishers, flusher):
        thread.start()
    crash_again_and_again(server, up, random.Random(SEED))
    time.sleep(0.5)
    for publisher in publishers:
        publisher.end()
    flusher.ending.set()
    for thread in (*publishers, flusher):
        thread.join(30)
        assert not thread.is_alive(), f"{thread.name} hangs"
    assert not [p.failure for p in publishers if p.failure]

    server.flush()
    found = ids_in_table(server)
    acknowledged = set().union(*(p.acknowledged for p in publishers))
    once = set().union(*(p.once() for p in publishers))
    unknown = found.keys() - set().union(*(p.sent for p in publishers))
    lost = acknowledged - found.keys()
    doubled = {message for message in once if found.get(message, 0) > 1}
    print(f"{len(acknowledged)} acknowledged, {len(once)} sent once, {sum(found.values())} rows, "
          f"{flusher.done} flushes: {len(lost)} lost, {len(doubled)} doubled", flush=True)
    assert all(p.connections > 1 for p in publishers), "each must have lived through a crash"
    assert flusher.done and len(acknowledged) > ROUNDS * PUBLISHERS
    assert not lost, f"{len(lost)} acknowledged but not in the table: {sorted(lost)[:5]}"
    assert not doubled, f"{len(doubled)} sent once, found twice: {sorted(doubled)[:5]}"
    assert not unknown, f"never sent: {sorted(unknown)[:5]}"
    assert sql.count(server, "select count(*) from messages where topic like 'ledger/%'") == sum(
        found.values()), "SQL and the files must agree"
