# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments, with a ledger of acknowledged ids outside the server.

`HEADWATER_KILL9_ROUNDS` (8) and `HEADWATER_KILL9_SEED` (random, printed) steer it.
"""

import os
import random
import threading
import time

import pytest

from harness import device, policies, sql
from harness.comparing import compare, ids_in_files
from harness.ledger import Flusher, Publisher
from harness.registry import RegistryWriter

ROUNDS = int(os.environ.get("HEADWATER_KILL9_ROUNDS", "8"))
SEED = int(os.environ.get("HEADWATER_KILL9_SEED", str(random.randrange(1 << 32))))
PUBLISHERS = 6


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


@pytest.mark.timeout(120 + 15 * ROUNDS)
def test_nothing_acknowledged_is_lost_or_doubled(fresh, tmp_path):
    print(f"seed {SEED}, {ROUNDS} rounds, {PUBLISHERS} publishers", flush=True)
    server, up = fresh(), threading.Event()
    devices = [device.register(server, tmp_path, policies.only_topics("ledger/*"))
               for _ in range(PUBLISHERS)]
    publishers = [Publisher(server, one, up, again=number % 2 == 0)
                  for number, one in enumerate(devices)]
    registry = RegistryWriter(server, devices[0].arn, up)
    flusher = Flusher(server, up)
    everybody = (*publishers, registry, flusher)
    up.set()
    for thread in everybody:
        thread.start()
    crash_again_and_again(server, up, random.Random(SEED))
    time.sleep(0.5)
    for thread in everybody:
        thread.end()
    for thread in everybody:
        thread.join(30)
        assert not thread.is_alive(), f"{thread.name} hangs"
    assert not [t.failure for t in (*publishers, registry) if t.failure]
    assert not registry.refusals, "no write of the registry may be refused"

    verdict = compare(server, publishers, registry)
    print(f"{verdict}; {flusher.done} flushes, {flusher.merged} compactions", flush=True)
    assert not verdict.faults(), verdict.faults()
    assert all(p.connections > 1 for p in publishers), "each must have lived through a crash"
    assert flusher.done and flusher.merged and verdict.acknowledged > ROUNDS * PUBLISHERS
    assert verdict.registry > ROUNDS
    assert sum(ids_in_files(server).values()) == sql.count(
        server, "select count(*) from messages where topic like 'ledger/%'"
    ), "SQL and the files must agree"
