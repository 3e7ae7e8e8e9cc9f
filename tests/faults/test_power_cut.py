# SPDX-License-Identifier: Apache-2.0
"""Power cuts at random moments under load, by images of the device (`harness/disks.py`).

The server goes on; what each image holds is looked at by a second one. `HEADWATER_CUTS` (20).
"""

import os
import random
import shutil
import threading
import time

import pytest

from harness import device, policies
from harness.comparing import Verdict, compare
from harness.disks import PowerRig
from harness.ledger import Flusher, Publisher
from harness.registry import RegistryWriter
from harness.server import Server

CUTS = int(os.environ.get("HEADWATER_CUTS", "20"))
PUBLISHERS = 4


class Load:
    """Publishers, a writer of the registry, and lake commits all the time."""

    def __init__(self, server: Server, folder):
        self.up = threading.Event()
        devices = [device.register(server, folder, policies.only_topics("ledger/*"))
                   for _ in range(PUBLISHERS)]
        self.publishers = [Publisher(server, one, self.up, again=number % 2 == 0)
                           for number, one in enumerate(devices)]
        self.registry = RegistryWriter(server, devices[0].arn, self.up)
        self.flusher = Flusher(server, self.up)

    def __enter__(self) -> "Load":
        self.up.set()
        for thread in (*self.publishers, self.registry, self.flusher):
            thread.start()
        return self

    def __exit__(self, *_):
        for thread in (*self.publishers, self.registry, self.flusher):
            thread.end()
        for thread in (*self.publishers, self.registry, self.flusher):
            thread.join(30)


def look(rig: PowerRig, snapshot, before: float, load: Load) -> tuple[Verdict, float]:
    """Starts a server on what the power cut left; its verdict, and how long the start took."""
    with rig.after(snapshot) as disk:
        found = Server(disk)
        began = time.monotonic()
        with found:
            took = time.monotonic() - began
            verdict = compare(found, load.publishers, load.registry, before)
    snapshot.unlink()
    return verdict, took


def report(number: int, what: str, verdict: Verdict, took: float):
    print(f"cut {number + 1}/{CUTS} {what}: ready after {took:.2f} s; {verdict}", flush=True)


@pytest.mark.full
@pytest.mark.disks
@pytest.mark.timeout(300 + 30 * CUTS)
def test_nothing_acknowledged_is_lost_or_doubled(disk_folder, chance, tmp_path):
    faults, acknowledged = [], 0
    with PowerRig(disk_folder) as rig:
        server = Server(rig.disk)
        server.log = tmp_path / "server.log"
        with server, Load(server, tmp_path) as load:
            time.sleep(1)
            for number in range(CUTS):
                # Every fifth cut falls into a start after a kill: recovery writes, too.
                starting = number % 5 == 4
                time.sleep(chance.uniform(0.1, 2.0))
                before, snapshot = cut(rig, server, load, chance, starting)
                verdict, took = look(rig, snapshot, before, load)
                report(number, "while it starts" if starting else "under load", verdict, took)
                acknowledged = max(acknowledged, verdict.acknowledged)
                faults += [f"cut {number + 1}: {verdict.faults()}"] if verdict.faults() else []
        assert not [t.failure for t in (*load.publishers, load.registry) if t.failure]
        assert load.flusher.done and load.flusher.merged, "no commit or merge was under way"
    assert not faults, "\n".join(faults)
    assert acknowledged > 50 * CUTS


def cut(rig: PowerRig, server: Server, load: Load, chance: random.Random, starting: bool):
    if not starting:
        before = time.monotonic()
        return before, rig.cut()
    load.up.clear()
    server.kill()
    result = []

    def later():
        time.sleep(chance.uniform(0.0, 0.6))
        before = time.monotonic()
        result.extend((before, rig.cut()))

    cutter = threading.Thread(target=later)
    cutter.start()
    server.start()
    cutter.join()
    load.up.set()
    return tuple(result)


@pytest.mark.full
@pytest.mark.disks
@pytest.mark.timeout(300)
def test_a_cut_during_the_very_first_start(disk_folder, chance, tmp_path):
    """Whatever the first start had made by then, the next one goes on from it."""
    with PowerRig(disk_folder) as rig:
        for number in range(8):
            server = Server(rig.disk)
            server.data = rig.disk / f"data-{number}"
            server.log = tmp_path / "server.log"
            snapshots = []
            starter = threading.Thread(target=server.start)
            starter.start()
            for _ in range(3):
                time.sleep(chance.uniform(0.0, 0.25))
                snapshots.append(rig.cut())
            starter.join()
            server.kill()
            for snapshot in snapshots:
                with rig.after(snapshot) as disk:
                    found = Server(disk)
                    found.data = disk / server.data.name
                    with found:
                        assert found.keys.client("iot").list_things()["things"] == []
                snapshot.unlink()
            shutil.rmtree(server.data)
