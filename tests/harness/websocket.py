# SPDX-License-Identifier: Apache-2.0
"""A WebSocket by hand: the opening handshake, and frames right and wrong."""

import base64
import hashlib
import os
import socket
import ssl
import struct

from .device import Device
from .server import Server

BINARY, TEXT, CONTINUATION, CLOSE, PING, PONG = 2, 1, 0, 8, 9, 10
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(payload: bytes, opcode: int = BINARY, last: bool = True, masked: bool = True,
          reserved: int = 0, length: int | None = None) -> bytes:
    """A frame of a client; `length` is announced in the payload's place."""
    size = len(payload) if length is None else length
    head = bytes([(0x80 if last else 0) | reserved << 4 | opcode])
    bit = 0x80 if masked else 0
    if size < 126:
        head += bytes([bit | size])
    elif size < 65536:
        head += bytes([bit | 126]) + struct.pack(">H", size)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


class WebSocket:
    """A connection to `/mqtt`; it looks like a socket to `raw.Wire`'s kin."""

    def __init__(self, server: Server, door: str = "https", query: str = "",
                 device: Device | None = None, protocol: str | None = "mqtt", path: str = "/mqtt",
                 seconds: float = 5, **headers: str):
        host, port = server.address(door)
        plain = socket.create_connection((host, port), timeout=seconds)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = plain
        if door == "https":
            context = ssl.create_default_context(cafile=server.endpoints["ca"])
            context.set_alpn_protocols(["http/1.1"])
            if device:
                context.load_cert_chain(device.certificate, device.key)
            self.socket = context.wrap_socket(plain, server_hostname="localhost")
        self.key = base64.b64encode(os.urandom(16)).decode()
        lines = {
            "Host": f"localhost:{port}", "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Key": self.key, "Sec-WebSocket-Version": "13",
            **({"Sec-WebSocket-Protocol": protocol} if protocol else {}),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
        target = path + (f"?{query}" if query else "")
        self.socket.sendall(f"GET {target} HTTP/1.1\r\n{text}\r\n".encode())
        self._buffer = b""
        self._mqtt = b""
        self.status, self.headers = self._head()
        self.close_code: int | None = None
        self.pongs: list[bytes] = []
        self.frames = 0
        if self.status == 101:
            wanted = base64.b64encode(hashlib.sha1((self.key + GUID).encode()).digest()).decode()
            assert self.headers["sec-websocket-accept"] == wanted

    def __enter__(self) -> "WebSocket":
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _more(self) -> bool:
        try:
            chunk = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLError):
            chunk = b""
        self._buffer += chunk
        return bool(chunk)

    def _head(self) -> tuple[int, dict[str, str]]:
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                return 0, {}
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        pairs = (line.split(": ", 1) for line in lines)
        return int(first.split()[1]), {name.lower(): value for name, value in pairs}

    def refusal(self) -> str:
        """Head and body of the answer to the request."""
        size = int(self.headers.get("content-length", 0))
        while len(self._buffer) < size and self._more():
            pass
        return f"{self.status} {self.headers} {self._buffer[:size]!r}"

    def send(self, mqtt: bytes):
        """In one frame."""
        self.socket.sendall(frame(mqtt))

    def send_raw(self, data: bytes):
        self.socket.sendall(data)

    def _frame(self) -> bool:
        """Takes one frame of the server's in."""
        while True:
            if len(self._buffer) >= 2:
                size, at = self._buffer[1], 2
                assert size < 128, "a server's frame is not masked"
                if size == 126 and len(self._buffer) >= 4:
                    size, at = struct.unpack(">H", self._buffer[2:4])[0], 4
                elif size == 127 and len(self._buffer) >= 10:
                    size, at = struct.unpack(">Q", self._buffer[2:10])[0], 10
                if len(self._buffer) >= at + size and not (at == 2 and size > 125):
                    first, payload = self._buffer[0], self._buffer[at:at + size]
                    self._buffer = self._buffer[at + size:]
                    self._take(first, payload)
                    return True
            if not self._more():
                return False

    def _take(self, first: int, payload: bytes):
        assert first & 0xF0 == 0x80, f"the server's frames are whole and plain: {first:#x}"
        opcode = first & 0x0F
        if opcode == BINARY:
            self.frames += 1
            self._mqtt += payload
        elif opcode == PONG:
            self.pongs.append(payload)
        else:
            assert opcode == CLOSE, first
            self.close_code = struct.unpack(">H", payload)[0]

    def read(self) -> tuple[int, bytes]:
        """One packet of MQTT: (first byte, body); (0, b"") at the end."""
        while True:
            size, shift, at = 0, 0, 1
            while at < len(self._mqtt):
                byte = self._mqtt[at]
                size |= (byte & 0x7F) << shift
                shift, at = shift + 7, at + 1
                if not byte & 0x80:
                    if len(self._mqtt) < at + size:
                        break
                    first, body = self._mqtt[0], self._mqtt[at:at + size]
                    self._mqtt = self._mqtt[at + size:]
                    return first, body
            if not self._frame():
                return 0, b""

    def pong(self) -> bytes:
        while not self.pongs:
            assert self._frame(), "closed before a pong"
        return self.pongs.pop(0)

    def end(self) -> int | None:
        """Reads until the server has closed; the code of its Close."""
        while self._frame():
            pass
        return self.close_code
