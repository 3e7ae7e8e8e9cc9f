# SPDX-License-Identifier: Apache-2.0
"""Power cuts while messages of QoS 2 are taken in for sessions that are away, alone and as a group: on
what each cut leaves, every message that was acknowledged before it reaches its session, and exactly
once; one that went to a group reaches one of its members, once. The will of a client that was there
is published, once.

`HEADWATER_SESSION_CUTS` (10), of which the first `HEADWATER_WILL_CUTS` (2) wait for the will.
"""

import os
import threading
import time

import pytest

from harness import device, policies
from harness.disks import PowerRig
from harness.lasting import Lasting, Sender
from harness.mqtt import Client
from harness.server import Server

CUTS = int(os.environ.get("HEADWATER_SESSION_CUTS", "10"))
WILL_CUTS = int(os.environ.get("HEADWATER_WILL_CUTS", "2"))
# A client that was there when the server went down has so long to come back (docs/mqtt.md).
GRACE_SECONDS = 30
POOL = ("pool a", "pool b")


def look(rig: PowerRig, snapshot, readers: dict[str, device.Device], count: int,
         waits_for_wills: bool) -> dict[str, list[str]]:
    """What each session gets from a server on what the power cut left: `count` messages at least
    where all come to one, or all that come within a while."""
    got = {}
    with rig.after(snapshot) as disk, Server(disk) as found:
        began = time.monotonic()
        for name, reader in readers.items():
            session = Lasting(found, reader, v5=True).connect()
            assert session.present, f"the session of {name} is gone"
            if name == "heir":
                # Who is connected at the cut comes by no more: its will is due.
                wait = GRACE_SECONDS + 5 - (time.monotonic() - began) if waits_for_wills else 0.0
                got[name] = session.everything(max(wait, 1.0))
            else:
                got[name] = session.some(0 if name in POOL else count) + session.everything(1.0)
            session.leave()
    snapshot.unlink()
    got["pool"] = sum((got.pop(name) for name in POOL), [])
    return got


@pytest.mark.full
@pytest.mark.disks
@pytest.mark.timeout(300 + 40 * CUTS + 60 * WILL_CUTS)
def test_what_a_session_is_owed_survives(disk_folder, chance, tmp_path):
    faults, checked = [], 0
    with PowerRig(disk_folder) as rig:
        server, up = Server(rig.disk), threading.Event()
        server.log = tmp_path / "server.log"
        with server:
            readers = {qos: device.register(server, tmp_path, policies.EVERYTHING)
                       for qos in ("1", "2")}
            readers |= {name: device.register(server, tmp_path, policies.EVERYTHING)
                        for name in (*POOL, "heir")}
            filters = {"heir": ("wills/#", 1), **{name: ("$share/pool/exact/#", 2) for name in POOL}}
            for name, reader in readers.items():
                session = Lasting(server, reader, v5=True).connect()
                session.subscribe(*filters.get(name) or ("exact/#", int(name)))
                session.leave()
            mortal = Client(server, device.register(server, tmp_path, policies.EVERYTHING), v5=True)
            mortal.paho.will_set("wills/mortal", "gone", 1)
            mortal.connect()
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
                with_wills = number < WILL_CUTS
                got = look(rig, snapshot, readers, len(taken), with_wills)
                up.set()
                checked += len(taken)
                wills = got.pop("heir")
                print(f"cut {number + 1}/{CUTS}: wills {wills}", flush=True)
                if wills != ["gone"] * with_wills:
                    faults.append(f"cut {number + 1}: wills {wills}")
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
            mortal.close()
    assert not faults, "\n".join(faults)
    assert checked > 20 * CUTS
