# SPDX-License-Identifier: Apache-2.0
"""The same kills and power cuts with other brokers: figures to stand beside ours, no verdict.

What is looked for: QoS 1 messages that were acknowledged while a persistent session was offline.
"""

import os
import random
import time

import pytest

from harness.disks import PowerRig

from .peers import Load, Peer

TRIALS = int(os.environ.get("HEADWATER_PEER_TRIALS", "3"))
PEERS = [
    Peer("mosquitto, as it comes", "mosquitto"),
    Peer("mosquitto, saving at every change", "mosquitto",
         ("autosave_on_changes true", "autosave_interval 1")),
    Peer("nats-server (JetStream, MQTT)", "nats-server"),
]

pytestmark = [pytest.mark.full, pytest.mark.disks, pytest.mark.timeout(600)]


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
@pytest.mark.parametrize("fault", ["kill", "power"])
def test_figures(peer, fault, disk_folder, chance: random.Random, tmp_path):
    if not peer.there():
        pytest.skip(f"NOT TESTED HERE: {peer.program} is not installed")
    acknowledged = lost = whole = 0
    with PowerRig(disk_folder) as rig:
        for number in range(TRIALS):
            before, there, load = trial(peer, fault, rig, number, chance, tmp_path)
            sent = load.before(before)
            acknowledged += len(sent)
            lost += len(sent - there)
            whole += sent <= there
    print(f"{peer.name}: {fault}, {TRIALS} trials: {acknowledged} acknowledged, {lost} lost, "
          f"{whole} trials without loss", flush=True)
    assert acknowledged > 50 * TRIALS


def trial(peer: Peer, fault: str, rig: PowerRig, number: int, chance: random.Random, tmp_path):
    data = rig.disk / f"peer-{number}"
    running = peer.start(data, tmp_path / f"first-{number}.log")
    running.begin_session()
    load = Load(running)
    time.sleep(chance.uniform(1, 3))
    before = time.monotonic()
    if fault == "kill":
        running.kill()
        load.end()
        again = peer.start(data, tmp_path / f"again-{number}.log")
        there = again.drain()
        again.kill()
        return before, there, load
    snapshot = rig.cut()
    load.end()
    running.kill()
    with rig.after(snapshot) as disk:
        again = peer.start(disk / data.name, tmp_path / f"again-{number}.log")
        there = again.drain()
        again.kill()
    snapshot.unlink()
    return before, there, load
