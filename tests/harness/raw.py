# SPDX-License-Identifier: Apache-2.0
"""MQTT 3.1.1 and 5 by hand: packets as bytes, right ones and wrong ones, over TLS."""

import socket
import ssl
import struct

from .device import Device
from .server import Server

CONNACK, PUBACK, SUBACK, PINGRESP, DISCONNECT = 0x20, 0x40, 0x90, 0xD0, 0xE0
PINGREQ = b"\xc0\x00"


def varint(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = divmod(value, 128)
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(data)) + data


def packet(first: int, body: bytes) -> bytes:
    return bytes([first]) + varint(len(body)) + body


def connect(client_id: str, version: int = 4, keep_alive: int = 60, flags: int = 0x02) -> bytes:
    properties = b"\x00" if version == 5 else b""
    head = text("MQTT") + bytes([version, flags]) + struct.pack(">H", keep_alive)
    return packet(0x10, head + properties + text(client_id))


def publish(topic: str | bytes, payload: bytes, packet_id: int | None = None, qos: int | None = None,
            duplicate: bool = False, version: int = 4) -> bytes:
    qos = (1 if packet_id is not None else 0) if qos is None else qos
    number = b"" if packet_id is None else struct.pack(">H", packet_id)
    first = 0x30 | qos << 1 | (0x08 if duplicate else 0)
    properties = b"\x00" if version == 5 else b""
    return packet(first, text(topic) + number + properties + payload)


def subscribe(topic_filter: str | bytes, packet_id: int = 1, options: int = 1) -> bytes:
    return packet(0x82, struct.pack(">H", packet_id) + text(topic_filter) + bytes([options]))


class Wire:
    """A TLS connection that sends bytes as they are and reads whole packets."""

    def __init__(self, server: Server, device: Device | None, seconds: float = 5):
        plain = socket.create_connection(server.address("mqtts"), timeout=seconds)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket: ssl.SSLSocket = device.context().wrap_socket(plain, server_hostname="localhost")
        self._buffer = b""

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data: bytes):
        self.socket.sendall(data)

    def open(self, client_id: str, version: int = 4) -> bytes:
        """CONNECT; the body of the CONNACK."""
        self.send(connect(client_id, version))
        first, body = self.read()
        assert first == CONNACK and body[1] == 0, f"CONNACK {body!r}"
        return body

    def read(self) -> tuple[int, bytes]:
        """(first byte, body); (0, b"") when the other side has closed."""
        while True:
            if whole := self._take():
                return whole
            try:
                chunk = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLError):
                chunk = b""
            if not chunk:
                return 0, b""
            self._buffer += chunk

    def _take(self) -> tuple[int, bytes] | None:
        size, shift, at = 0, 0, 1
        while at < len(self._buffer):
            byte = self._buffer[at]
            size |= (byte & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if not byte & 0x80:
                if len(self._buffer) < at + size:
                    return None
                first, body = self._buffer[0], self._buffer[at:at + size]
                self._buffer = self._buffer[at + size:]
                return first, body
        return None

    def read_until_closed(self) -> list[tuple[int, bytes]]:
        """The packets that came before the other side closed; a silent peer raises a time-out."""
        packets = []
        while (got := self.read())[0]:
            packets.append(got)
        return packets
