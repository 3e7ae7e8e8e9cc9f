# SPDX-License-Identifier: Apache-2.0
"""Wrong bytes from a device with a good certificate: refused, told, and nobody else notices."""

import contextlib
import socket
import struct

import pytest

from harness import device, policies, raw, sql
from harness.mqtt import Client

# What is sent after a good CONNECT.
BAD_PACKETS = {
    "reserved type 0": b"\x00\x00",
    "length in five bytes": b"\x30\xff\xff\xff\xff\x01",
    "second CONNECT": raw.connect("again"),
    "packet only servers send": b"\x20\x02\x00\x00",
    "QoS 3": raw.publish("t", b"x", 1, qos=3),
    "packet id 0": raw.publish("t", b"x", 0),
    "topic longer than the packet": raw.packet(0x30, struct.pack(">H", 500) + b"abc"),
    "no topic": raw.packet(0x30, b""),
    "wildcard in a topic": raw.publish("a/+/b", b"x"),
    "bad UTF-8 in a topic": raw.publish(b"a/\xff\xfe", b"x"),
    "overlong UTF-8": raw.publish(b"a/\xc0\x80", b"x"),
    "surrogate in a topic": raw.publish(b"a/\xed\xa0\x80", b"x"),
    "NUL in a topic": raw.publish(b"a/\x00", b"x"),
    "SUBSCRIBE with wrong flags": raw.packet(0x80, b"\x00\x01" + raw.text("a") + b"\x00"),
    "SUBSCRIBE without filters": raw.packet(0x82, b"\x00\x01"),
    "SUBSCRIBE with QoS 3": raw.subscribe("a", options=3),
    "UNSUBSCRIBE without filters": raw.packet(0xA2, b"\x00\x01"),
    "PINGREQ with a body": raw.packet(0xC0, b"x"),
    "PUBACK of one byte": raw.packet(0x40, b"\x00"),
}

# What is sent instead of a CONNECT.
BAD_FIRST = {
    "PUBLISH first": raw.publish("t", b"x"),
    "an HTTP request": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "wrong protocol name": raw.packet(0x10, raw.text("MQTX") + b"\x04\x02\x00\x3c" + raw.text("x")),
    "reserved flag": raw.connect("x", flags=0x03),
    "password without user": raw.connect("x", flags=0x42),
    "CONNECT cut short": raw.packet(0x10, raw.text("MQTT")),
    "will QoS 3": raw.connect("x", flags=0x1E),
}


@pytest.fixture(scope="module")
def witness(server, tmp_path_factory):
    """Somebody who does everything right and must never be disturbed."""
    good = device.register(server, tmp_path_factory.mktemp("witness"), policies.EVERYTHING)
    with Client(server, good) as client:
        client.subscribe("witness/#")
        yield client
        assert not client.cut.is_set()


def still_well(client: Client):
    client.publish("witness/ping", "1")
    assert client.receive().payload == b"1"


@pytest.mark.parametrize("what", BAD_PACKETS)
def test_a_bad_packet_ends_that_connection_alone(server, register, witness, what):
    bad = register()
    with raw.Wire(server, bad) as wire:
        wire.open(bad.name)
        wire.send(BAD_PACKETS[what])
        wire.read_until_closed()
    seen = sql.event(server, f"principal = '{bad.certificate_id}' and outcome <> 'ok'")
    assert seen["cause"], seen
    still_well(witness)


@pytest.mark.parametrize("what", BAD_FIRST)
def test_a_bad_beginning_is_refused(server, register, witness, what):
    bad = register()
    with raw.Wire(server, bad) as wire:
        wire.send(BAD_FIRST[what])
        packets = wire.read_until_closed()
    assert not [body for first, body in packets if first == raw.CONNACK and body[1] == 0]
    still_well(witness)


@pytest.mark.parametrize("bad_filter", ["a#", "#/a", "a/b+", "+a", "", "a/#/b"])
def test_a_bad_filter_is_not_subscribed(server, register, witness, bad_filter):
    """Answered with a failure, or the connection ends; both are allowed."""
    bad = register()
    with raw.Wire(server, bad) as wire:
        wire.open(bad.name)
        wire.send(raw.subscribe(bad_filter))
        first, body = wire.read()
        assert first == 0 or (first == raw.SUBACK and body[2] == 0x80), (first, body)
    still_well(witness)


def test_mqtt_5_is_told_why(server, register):
    bad = register()
    with raw.Wire(server, bad) as wire:
        wire.open(bad.name, version=5)
        wire.send(raw.packet(0x30, raw.text(b"a/\xff") + b"\x00x"))
        packets = wire.read_until_closed()
    assert packets and packets[-1][0] == raw.DISCONNECT and packets[-1][1][0] >= 0x80


def test_a_publish_cut_at_every_byte_is_not_kept(server, register, witness):
    """A peer that goes away in the middle of a packet leaves nothing behind."""
    bad = register()
    whole = raw.publish("cut/short", b"x" * 20, 7)
    for size in range(1, len(whole)):
        with raw.Wire(server, bad) as wire:
            wire.open(bad.name)
            wire.send(whole[:size])
    assert sql.count(server, "select count(*) from messages where topic = 'cut/short'") == 0
    still_well(witness)


def test_broken_tls_is_refused_with_an_event(server, witness):
    for garbage in (b"\x16\x03\x01\x00\x05hello", raw.connect("x"), b"\x00" * 64):
        with socket.create_connection(server.address("mqtts"), timeout=5) as plain:
            plain.sendall(garbage)
            with contextlib.suppress(OSError):
                plain.shutdown(socket.SHUT_WR)
                while plain.recv(4096):
                    pass
    assert sql.event(server, "kind = 'connect' and outcome = 'refused' and "
                             "lower(cause) like '%tls%'")
    still_well(witness)
