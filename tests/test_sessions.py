# SPDX-License-Identifier: Apache-2.0
"""Sessions that outlive connections, servers and crashes: nothing owed is lost, nothing of QoS 2
comes twice.

`HEADWATER_SESSION_ROUNDS` (4) and `HEADWATER_SESSION_SEED` (random, printed) steer the kills.
"""

import os
import queue
import random
import threading
import time

import pytest

from harness import device, policies
from harness.lasting import Lasting, Sender
from harness.mqtt import Client

VERSIONS = pytest.mark.parametrize("v5", [False, True], ids=["3.1.1", "5"])
ROUNDS = int(os.environ.get("HEADWATER_SESSION_ROUNDS", "4"))
SEED = int(os.environ.get("HEADWATER_SESSION_SEED", str(random.randrange(1 << 32))))


@VERSIONS
def test_killed_right_after_the_last_acknowledgement(fresh, tmp_path, v5):
    server = fresh()
    reader = device.register(server, tmp_path, policies.EVERYTHING)
    sender = device.register(server, tmp_path, policies.EVERYTHING)
    session = Lasting(server, reader, v5).connect()
    session.subscribe("owed/#", 1)
    session.leave()
    with Client(server, sender, v5=v5) as out:
        for number in range(100):
            out.publish(f"owed/{number}", f"{number}")
            out.paho.publish(f"kept/{number}", f"{number}", 1, retain=True).wait_for_publish(10)
    server.kill()
    server.start()
    session.connect()
    assert session.present
    assert session.take(100) == [str(number) for number in range(100)]
    session.subscribe("kept/#", 1)
    assert sorted(session.take(100), key=int) == [str(number) for number in range(100)]
    session.leave()


@VERSIONS
def test_shared_among_sessions_that_are_away(fresh, tmp_path, v5):
    server = fresh()
    members = [Lasting(server, device.register(server, tmp_path, policies.EVERYTHING), v5)
               for _ in range(2)]
    for member in members:
        member.connect().subscribe("$share/pool/work/+", 1)
        member.leave()
    sender = device.register(server, tmp_path, policies.EVERYTHING)
    with Client(server, sender, v5=v5) as out:
        for number in range(60):
            out.publish(f"work/{number}", str(number))
    server.kill()
    server.start()
    got: list[str] = []
    for member in members:
        member.connect()
        got += member.everything(1)
        member.leave()
    assert sorted(got, key=int) == [str(number) for number in range(60)]


@VERSIONS
def test_a_stop_in_order_keeps_them_too(fresh, tmp_path, v5):
    server = fresh()
    reader = device.register(server, tmp_path, policies.EVERYTHING)
    sender = device.register(server, tmp_path, policies.EVERYTHING)
    session = Lasting(server, reader, v5).connect()
    session.subscribe("a/+", 2)
    with Client(server, sender, v5=v5) as out:
        for qos in (1, 2):
            out.publish("a/b", f"live {qos}", qos)
        assert sorted(session.take(2)) == ["live 1", "live 2"]
        session.leave()
        for qos in (1, 2):
            out.publish("a/b", f"owed {qos}", qos)
    server.stop()
    server.start()
    session.connect()
    assert session.present and sorted(session.take(2)) == ["owed 1", "owed 2"]
    with pytest.raises(queue.Empty):
        session.payloads.get(timeout=0.5)
    session.leave()


@pytest.mark.timeout(120 + 20 * ROUNDS)
@VERSIONS
def test_exactly_once_over_kills(fresh, tmp_path, v5):
    print(f"seed {SEED}, {ROUNDS} rounds", flush=True)
    chance = random.Random(SEED)
    server, up = fresh(), threading.Event()
    reader = device.register(server, tmp_path, policies.EVERYTHING)
    sender = device.register(server, tmp_path, policies.EVERYTHING)
    into, out = Lasting(server, reader, v5).connect(), Lasting(server, sender, v5).connect()
    into.subscribe("exact/#", 2)
    publishing = Sender(out, up, "exact/x")
    up.set()
    publishing.start()
    for number in range(ROUNDS):
        time.sleep(chance.uniform(0.1, 1.0))
        if number % 2:
            # Its reader is away for a while, and comes back after the crash.
            into.drop()
            time.sleep(chance.uniform(0.05, 0.3))
        up.clear()
        server.kill()
        out.drop()
        into.drop()
        server.start()
        into.connect()
        out.connect()
        assert into.present and out.present, "both sessions must be there"
        up.set()
    time.sleep(0.5)
    publishing.ending.set()
    publishing.join(10)
    for message in publishing.sent:
        message.wait_for_publish(20)
    total = len(publishing.sent)
    got = [into.payloads.get(timeout=15) for _ in range(total)]
    with pytest.raises(queue.Empty):
        raise AssertionError(f"one too many: {into.payloads.get(timeout=1)}")
    assert sorted(got, key=int) == [str(number) for number in range(total)]
    assert total > ROUNDS * 10
    out.leave()
    into.leave()
