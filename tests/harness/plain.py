# SPDX-License-Identifier: Apache-2.0
"""A client of the plain door, byte by byte, in every version of MQTT."""

import socket
import struct

from . import raw
from .server import Server

NAMES = {3: "MQIsdp", 4: "MQTT", 5: "MQTT"}
PUBREC, PUBREL, PUBCOMP = 0x50, 0x62, 0x70


def number(identifier: int, value: int, size: int) -> bytes:
    """A property that is a number."""
    return bytes([identifier]) + value.to_bytes(size, "big")


class Plain(raw.Wire):
    """A connection that speaks one version; `answer` reads one packet as bytes."""

    def __init__(self, server: Server, version: int, seconds: float = 5):
        self.socket = socket.create_connection(server.address("mqtt"), timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.version = version
        self._buffer = b""

    def _section(self, properties: bytes = b"") -> bytes:
        return raw.varint(len(properties)) + properties if self.version == 5 else b""

    def connect(self, client_id: str, properties=b"", flags=0x02, keep_alive=60, will=b"") -> "Plain":
        """Sends CONNECT; `will` is what stands between client id and end."""
        head = raw.text(NAMES[self.version]) + bytes([self.version, flags])
        head += struct.pack(">H", keep_alive) + self._section(properties)
        self.send(raw.packet(0x10, head + raw.text(client_id) + will))
        return self

    def will(self, topic: str, payload: bytes, properties=b"") -> bytes:
        return self._section(properties) + raw.text(topic) + raw.text(payload)

    def welcome(self, *args, **more) -> bytes:
        """Connects; flags, code and properties of the CONNACK."""
        self.connect(*args, **more)
        first, body = self.read()
        assert first == raw.CONNACK and body[1] == 0, (first, body)
        return body

    def subscribe(self, topic_filter: str, options=0, properties=b"") -> int:
        """The code of the SUBACK."""
        body = b"\x00\x07" + self._section(properties) + raw.text(topic_filter) + bytes([options])
        self.send(raw.packet(0x82, body))
        first, body = self.read()
        assert first == raw.SUBACK and body[:2] == b"\x00\x07", (first, body)
        return body[-1]

    def publish(self, topic: str, payload: bytes, qos=0, packet_id=1, properties=b"", flags=0):
        packet_id = struct.pack(">H", packet_id) if qos else b""
        body = raw.text(topic) + packet_id + self._section(properties) + payload
        self.send(raw.packet(0x30 | qos << 1 | flags, body))

    def acknowledge(self, kind: int, packet_id: int):
        self.send(raw.packet(kind, struct.pack(">H", packet_id)))

    def answer(self) -> bytes:
        first, body = self.read()
        return raw.packet(first, body) if first else b""

    def message(self) -> tuple[str, bytes, int, int]:
        """The next packet, a PUBLISH: topic, payload, QoS, packet id. Aliases are left out."""
        first, body = self.read()
        assert first & 0xF0 == 0x30, (hex(first), body)
        end = 2 + int.from_bytes(body[:2], "big")
        topic, qos, packet_id = body[2:end].decode(), first >> 1 & 3, 0
        if qos:
            packet_id, end = int.from_bytes(body[end:end + 2], "big"), end + 2
        if self.version == 5:
            assert body[end] < 128, "a section of one byte of length is enough for these tests"
            end += 1 + body[end]
        return topic, body[end:], qos, packet_id

    def is_silent(self) -> bool:
        """Whether nothing has come before the answer to a ping."""
        self.send(raw.PINGREQ)
        return self.answer() == b"\xd0\x00"
