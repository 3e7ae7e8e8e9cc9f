# SPDX-License-Identifier: Apache-2.0
"""Power cuts while messages of QoS 2 are taken in for sessions that are away: on what each cut
leaves, every message that was acknowledged before it reaches its session, and exactly once.

`HEADWATER_SESSION_CUTS` (10).
"""

import os
import threading
import time

import pytest

from harness import device, policies
from harness.disks import PowerRig
from harness.lasting import Lasting, Sender
from harness.server import Server

CUTS = int(os.environ.get("HEADWATER_SESSION_CUTS", "10"))


def look(rig: PowerRig, snapshot, readers: dict[str, device.Device],
         count: int) -> dict[str, list[str]]:
    """What each session gets from a server on what the power cut left: `count` messages at least,
    or all that come within a while."""
    got = {}
    with rig.after(snapshot) as disk, Server(disk) as found:
        for name, reader in readers.items():
            session = Lasting(found, reader, v5=True).connect()
            assert session.present, f"the session of {name} is gone"
            got[name] = session.some(count) + session.everything(1.0)
            session.leave()
    snapshot.unlink()
    return got


@pytest.mark.full
@pytest.mark.disks
@pytest.mark.timeout(300 + 30 * CUTS)
def test_what_a_session_is_owed_survives(disk_folder, chance, tmp_path):
    faults, checked = [], 0
    with PowerRig(disk_folder) as rig:
        server, up = Server(rig.disk), threading.Event()
        server.log = tmp_path / "server.log"
        with server:
            readers = {qos: device.register(server, tmp_path, policies.EVERYTHING)
                       for qos in ("1", "2")}
            for qos, reader in readers.items():
                session = Lasting(server, reader, v5=True).connect()
                session.subscribe("exact/#", int(qos))
                session.leave()
            sender = device.register(server, tmp_path, policies.EVERYTHING)
            out = Lasting(server, sender, v5=True).connect()
            publishing = Sender(out, up, "exact/x", pause=0.004)
            up.set()
            publishing.start()
            for number in range(CUTS):
                time.sleep(chance.uniform(0.1, 1.5))
                before = time.monotonic()
                snapshot = rig.cut()
                # A session is owed 10,000 messages at most.
                up.clear()
                taken = [it for it, when in publishing.done.copy().items() if when < before]
                got = look(rig, snapshot, readers, len(taken))
                up.set()
                checked += len(taken)
                for qos, payloads in got.items():
                    counts = {payload: payloads.count(payload) for payload in set(payloads)}
                    lost = [it for it in taken if it not in counts]
                    doubled = [it for it, times in counts.items() if times > 1]
                    print(f"cut {number + 1}/{CUTS} QoS {qos}: {len(taken)} acknowledged, "
                          f"{len(lost)} lost, {len(doubled)} doubled", flush=True)
                    faults += [f"cut {number + 1}, QoS {qos}: {lost[:5]} lost"] if lost else []
                    if doubled:
                        faults.append(f"cut {number + 1}, QoS {qos}: {doubled[:5]} doubled")
            publishing.ending.set()
            publishing.join(10)
            out.leave()
    assert not faults, "\n".join(faults)
    assert checked > 20 * CUTS
