# SPDX-License-Identifier: Apache-2.0
"""Input that is too large or too deep: refused by a limit with a name, memory flat."""

import pytest

from harness import device, policies, raw, sql
from harness.mqtt import Client


def test_a_filter_of_20000_levels(server, register):
    reader = register()
    deep = "a/" * 20_000 + "#"
    with raw.Wire(server, reader) as wire:
        wire.open(reader.name)
        wire.send(raw.subscribe(deep))
        first, body = wire.read()
        assert first == 0 or (first == raw.SUBACK and body[2] in (0, 1, 0x80)), (first, body)
        if first == raw.SUBACK:
            wire.send(raw.publish("a/" * 20_000, b"x", 9))
            assert wire.read()[0] in (raw.PUBACK, 0)
    with Client(server, register()) as client:
        client.publish("after/deep", "1")


def test_an_oversize_packet_is_refused_without_being_kept(fresh, tmp_path):
    server = fresh()
    bad = device.register(server, tmp_path, policies.EVERYTHING)
    with Client(server, bad) as client:
        client.publish("warm/up", "x" * 1000)
    before = server.resident_kb()
    for _ in range(30):
        with raw.Wire(server, bad) as wire:
            wire.open(bad.name)
            # 256 MB are announced, 64 KB come.
            wire.send(b"\x30\xff\xff\xff\x7f" + raw.text("big/one"))
            try:
                wire.send(b"x" * 65536)
            except OSError:
                pass
    grown = server.resident_kb() - before
    assert grown < 40_000, f"{grown} KB more"
    assert sql.event(server, f"principal = '{bad.certificate_id}' and outcome <> 'ok'")["cause"]


def test_mqtt_5_names_the_largest_packet_and_holds_it(server, register):
    with Client(server, register(), v5=True) as client:
        largest = getattr(client.properties, "MaximumPacketSize", None)
        assert largest, "CONNACK must say Maximum Packet Size"
        if largest > 32 << 20:
            pytest.skip("the limit is too high to be tried here")
        client.send("size/too-large", b"x" * (largest + 1))
        client.seconds_to_cut(5)
        assert client.cut_code.value == 0x95


def test_the_largest_payload(server, register):
    most = 256 << 10
    for v5 in (False, True):
        with Client(server, register(), v5=v5) as client:
            client.publish("size/ok", b"x" * most)
            client.send("size/too-large", b"x" * (most + 1))
            client.seconds_to_cut(5)
            assert not v5 or client.cut_code.value == 0x97
    event = sql.event(server, "kind = 'publish' and topic = 'size/too-large'")
    assert str(most) in event["cause"]


@pytest.mark.parametrize("count", [50_000])
def test_many_bad_packets_leave_memory_flat(fresh, tmp_path, count):
    """The same mistake again and again: one event with a count, no growth."""
    server = fresh()
    bad = device.register(server, tmp_path, policies.only_topics("mine"))
    with raw.Wire(server, bad, seconds=30) as wire:
        wire.open(bad.name)
        refused = raw.subscribe("yours")

        def burst(times: int):
            for _ in range(times // 100):
                wire.send(refused * 100)
                for _ in range(100):
                    first, body = wire.read()
                    assert first == raw.SUBACK and body[2] == 0x80

        burst(5_000)
        before = server.resident_kb()
        burst(count)
    assert server.resident_kb() - before < 20_000
    rows = sql.count(server, "select count(*) from events where kind = 'subscribe'")
    assert rows < 10, "repeats are counted, not written"
