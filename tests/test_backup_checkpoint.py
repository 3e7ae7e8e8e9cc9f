# SPDX-License-Identifier: Apache-2.0
"""A backup that is made after a checkpoint of sessions, restored to a point in time."""

import os
import time

from harness import device, policies, waiting
from harness.lasting import Lasting
from harness.mqtt import Client
from harness.server import Server
from test_backup import backup, refusal, restore


def test_no_point_in_time_before_the_last_checkpoint(fresh, tmp_path):
    """A checkpoint lets go of what sessions and retained messages were made of before it: a point
    between the tables' commit and its end would lose them without a word."""
    server = fresh()
    reader = device.register(server, tmp_path, policies.EVERYTHING)
    meter = device.register(server, tmp_path, policies.EVERYTHING)
    session = Lasting(server, reader).connect()
    session.subscribe("owed/#", 1)
    session.leave()
    with Client(server, meter) as client:
        client.publish("owed/1", "owed")
        client.paho.publish("state", "kept", 1, retain=True).wait_for_publish(10)
    # All that lies in a segment of its own.
    server.stop()
    server.start()
    large = os.urandom(100_000)
    with Client(server, meter) as client:

        def fill(megabytes: int):
            sent = [client.paho.publish("bulk", large, 1) for _ in range(megabytes * 10)]
            for one in sent:
                one.wait_for_publish(30)

        fill(64)
        server.flush()
        client.publish("bulk", "between")
        time.sleep(0.05)
        between = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1))
        time.sleep(1.1)
        # With that the log has grown enough for a checkpoint, within ten seconds.
        fill(6)
    first = min((server.data / "log").glob("*.seg")).name
    waiting.until(lambda: min((server.data / "log").glob("*.seg")).name > first, 20,
                  "the checkpoint lets the first segment go")
    about = backup(server, tmp_path / "it.tar")["about"]
    message = refusal("restore", "--from", tmp_path / "it.tar", "--data", tmp_path / "never" / "data",
                      "--to-time", between)
    assert "can't be restored to" in message and about["earliest_position"] in message, message
    for number, point in enumerate([(), ("--to-position", about["earliest_position"])]):
        into = tmp_path / f"restored-{number}"
        restore(tmp_path / "it.tar", into, *point)
        with Server(into) as second:
            back = Lasting(second, reader).connect()
            assert back.present and back.take(1) == ["owed"]
            back.leave()
            with Client(second, meter) as client:
                client.subscribe("state")
                assert client.receive().payload == b"kept"
