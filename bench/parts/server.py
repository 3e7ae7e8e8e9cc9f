# SPDX-License-Identifier: Apache-2.0
"""The server under measure: load on it, its SQL, one publish at a time."""

import http.client
import json
import os
import pathlib
import socket
import struct
import subprocess

from headwater import Headwater


def kept(folder: str, **settings: str) -> Headwater:
    """A fresh server that keeps everything."""
    made = type("Headwater", (Headwater,), {"settings": settings})
    return made(pathlib.Path(folder), True)


def with_peers() -> bool:
    """Whether others are measured, too: not with PEERS=0."""
    return os.environ.get("PEERS") != "0"


def load(broker, scenario: str, *more: str) -> subprocess.Popen:
    """The generator, started."""
    return subprocess.Popen(
        [os.environ["MQTTLOAD"], "--scen", scenario, "--addr", broker.address,
         "--pid", str(broker.process.pid), "--label", broker.name, *more],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def figures(generator: subprocess.Popen) -> dict:
    """What the generator says at its end."""
    out, complaints = generator.communicate(timeout=3600)
    try:
        return json.loads(out)
    except ValueError:
        raise SystemExit(f"mqttload: {complaints[-300:]}") from None


def tool(broker, *words: str) -> str:
    """A command of the server's own program."""
    command = [os.environ["HEADWATER_BIN"], *words, "--data", str(broker.data)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Sql:
    """SQL over HTTP, on one connection."""

    def __init__(self, broker):
        text = tool(broker, "keys", "create", "--format", "env")
        self.key = next(line.split("=", 1)[1].strip("'\"") for line in text.splitlines()
                        if "HEADWATER_API_KEY=" in line)
        endpoints = json.loads((broker.data / "run" / "endpoints.json").read_text())
        self.connection = http.client.HTTPConnection(endpoints["http"], timeout=600)

    def rows(self, statement: str) -> list:
        self.connection.request(
            "POST", "/api/v1/sql", json.dumps({"sql": statement}),
            {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"sql: {answer.status} {text[:300]!r}")
        return json.loads(text)["rows"]


class Publisher:
    """A plain MQTT 3.1.1 client that publishes with QoS 1 and waits for each PUBACK."""

    def __init__(self, address: str, client_id: str):
        host, port = address.split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name = client_id.encode()
        body = b"\x00\x04MQTT\x04\x02\x00\x3c" + struct.pack(">H", len(name)) + name
        self.socket.sendall(bytes([0x10, len(body)]) + body)
        self.expect(0x20, 4)

    def expect(self, first: int, size: int):
        got = b""
        while len(got) < size:
            more = self.socket.recv(size - len(got))
            if not more:
                raise ConnectionError("closed")
            got += more
        if got[0] != first:
            raise ConnectionError(f"unexpected {got!r}")

    def publish(self, topic: str, payload: bytes):
        name = topic.encode()
        body = struct.pack(">H", len(name)) + name + b"\x00\x01" + payload
        assert len(body) < 128
        self.socket.sendall(bytes([0x32, len(body)]) + body)
        self.expect(0x40, 4)
