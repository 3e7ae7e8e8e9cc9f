# SPDX-License-Identifier: Apache-2.0
"""A log segment that was damaged while the server was down: said, set aside, nothing else lost."""

import pathlib

from harness import device, mosquitto, policies, sql
from harness.mqtt import Client
from harness.waiting import until


def largest_segment(data: pathlib.Path) -> pathlib.Path:
    files = [file for file in (data / "log").rglob("*") if file.is_file()]
    return max(files, key=lambda file: file.stat().st_size)


def fill(server, sender, topic: str, count: int):
    with Client(server, sender) as client:
        for number in range(count):
            client.publish(topic, f'{{"n": {number}}}')


def test_a_damaged_middle_is_set_aside_with_an_event(fresh, tmp_path):
    server = fresh()
    sender = device.register(server, tmp_path, policies.only_topics("kept/*"))
    fill(server, sender, "kept/before", 50)
    server.flush()
    before = sql.count(server, "select count(*) from messages where topic = 'kept/before'")
    assert before == 50
    server.kill()

    segment = largest_segment(server.data)
    content = bytearray(segment.read_bytes())
    used = len(content.rstrip(b"\x00"))
    content[used // 2] ^= 0xFF
    segment.write_bytes(content)

    server.start()
    assert sql.count(server, "select count(*) from messages where topic = 'kept/before'") == before
    mosquitto.publish(server, sender, "kept/after", b'{"n": 1}')
    until(lambda: sql.count(server, "select count(*) from messages where topic = 'kept/after'"),
          2, "a message after the damage")
    assert "damage" in sql.event(server, "kind = 'log'", seconds=5)["cause"]


def test_a_torn_tail_is_cut_without_ado(fresh, tmp_path):
    server = fresh()
    sender = device.register(server, tmp_path, policies.only_topics("kept/*"))
    fill(server, sender, "kept/before", 50)
    server.kill()

    segment = largest_segment(server.data)
    content = segment.read_bytes()
    # A sector of a write that did not finish, behind all that was acknowledged.
    sector = (len(content.rstrip(b"\x00")) // 512 + 1) * 512
    head = content[:sector].ljust(sector, b"\x00")
    segment.write_bytes(head + b"\x40\x00\x00\x00torn" * 20 + content[sector + 160:])

    server.start()
    assert sql.count(server, "select count(*) from messages where topic = 'kept/before'") == 50
    mosquitto.publish(server, sender, "kept/after", b'{"n": 1}')
    until(lambda: sql.count(server, "select count(*) from messages where topic = 'kept/after'"),
          2, "a message after the cut")
