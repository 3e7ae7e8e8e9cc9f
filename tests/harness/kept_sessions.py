# SPDX-License-Identifier: Apache-2.0
"""MQTT sessions that one server leaves in its folder, and how another must go on with them: `leave`
makes them, each note of the log among them, and `go_on` checks them."""

import struct

from . import raw
from .device import Device
from .plain import PUBCOMP, PUBREC, PUBREL, Plain, number
from .server import Server

NEVER = 0xFFFFFFFF
LASTS = number(0x11, NEVER, 4)
STAYS, ANEW, WILL = 0x00, 0x02, 0x04 | 1 << 3
DUPLICATE, RETAIN = 0x08, 0x01
SILENCE_SECONDS = 0.5
OWED = [("owed/a", b"1", 1), ("owed/b", b"2", 1), ("owed/c", b"exact 1", 2),
        ("owed/d", b"exact 2", 2)]
TWICE = ("owed/e", b"sent twice", 2)


class Secure(Plain):
    """MQTT 5 over TLS, as a device under any client id; its session never ends."""

    def __init__(self, server: Server, device: Device, client_id: str, flags=STAYS, will=b""):
        raw.Wire.__init__(self, server, device)
        self.version = 5
        body = self.welcome(client_id, LASTS, flags, will=will)
        self.present = body[0] == 1

    def packets(self) -> list[tuple[int, bytes]]:
        """All that comes until nothing has come for a while."""
        self.socket.settimeout(SILENCE_SECONDS)
        got = []
        try:
            while (one := self.read())[0]:
                got.append(one)
        except TimeoutError:
            return got
        raise AssertionError(f"the server has closed the connection after {got}")

    def exchange(self, kind: int, packet_id: int, answer: int):
        """Sends a packet about a packet id, and gets the answer to it."""
        self.acknowledge(kind, packet_id)
        first, body = self.read()
        assert (first, body[:2]) == (answer, struct.pack(">H", packet_id)), (hex(first), body)

    def publish_and_wait(self, topic: str, payload: bytes, qos: int, flags=0):
        self.publish(topic, payload, qos, 1, flags=flags)
        first, body = self.read()
        assert first == (PUBREC if qos == 2 else raw.PUBACK) and body[:2] == b"\0\1", (first, body)
        if qos == 2:
            self.exchange(PUBREL, 1, PUBCOMP)


def leave(server: Server, device: Device):
    with Secure(server, device, "reader", ANEW) as reader:
        assert reader.subscribe("owed/#", 2) == 2
        assert reader.subscribe("gone/#", 1) == 1
        reader.send(raw.packet(0xA2, b"\0\2\0" + raw.text("gone/#")))
        assert reader.read()[0] == 0xB0
    with Secure(server, device, "half-way", ANEW) as half_way:
        half_way.subscribe("half/#", 2)
    with Secure(server, device, "willing", ANEW | WILL, will=_will()) as willing:
        willing.subscribe("none", 1)
    with Secure(server, device, "writer", ANEW) as writer:
        for topic, payload, qos in OWED:
            writer.publish_and_wait(topic, payload, qos)
        writer.publish_and_wait("gone/a", b"nobody's", 1)
        writer.publish_and_wait("half/a", b"released", 2)
        writer.publish_and_wait("half/b", b"received", 2)
        writer.publish_and_wait("state/valve", b"shut", 1, RETAIN)
        writer.publish_and_wait("state/valve", b"open", 1, RETAIN)
        # Its PUBREL is still to come.
        writer.publish(*TWICE, 9)
        assert writer.read()[0] == PUBREC
    with Secure(server, device, "half-way") as half_way:
        # Both messages of QoS 2 are on their way; of one the PUBCOMP is still to come.
        ids = [half_way.message()[3] for _ in range(2)]
        half_way.exchange(PUBREC, ids[0], PUBREL)


def _will() -> bytes:
    properties = number(0x18, NEVER, 4)
    return raw.varint(len(properties)) + properties + raw.text("owed/will") + raw.text("gone")


def go_on(server: Server, device: Device):
    with Secure(server, device, "writer") as writer:
        assert writer.present
        writer.publish(*TWICE, 9, flags=DUPLICATE)
        assert writer.read()[0] == PUBREC
        writer.exchange(PUBREL, 9, PUBCOMP)
    with Secure(server, device, "willing") as willing:
        assert willing.present
    with Secure(server, device, "half-way") as half_way:
        assert half_way.present
        packets = half_way.packets()
        kinds = sorted(first & 0xF0 for first, _ in packets)
        assert kinds == [0x30, PUBREL & 0xF0], "the one is released, the other sent again"
        (again,) = (body for first, body in packets if first & 0xF0 == 0x30)
        assert again.endswith(b"received"), packets
    with Secure(server, device, "reader") as reader:
        assert reader.present
        got = [reader.message() for _ in range(len(OWED) + 1)]
        assert [(topic, payload, qos) for topic, payload, qos, _ in got] == [*OWED, TWICE]
        for _, _, qos, packet_id in got:
            if qos == 2:
                reader.exchange(PUBREC, packet_id, PUBREL)
                reader.acknowledge(PUBCOMP, packet_id)
            else:
                reader.acknowledge(raw.PUBACK, packet_id)
        assert reader.packets() == [], "nothing twice, and no will"
    with Secure(server, device, "reader") as reader:
        assert reader.present and reader.packets() == [], "all was taken"
    with Secure(server, device, "new", ANEW) as new:
        new.subscribe("state/#", 1)
        assert new.message()[:2] == ("state/valve", b"open")
