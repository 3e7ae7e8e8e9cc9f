# SPDX-License-Identifier: Apache-2.0
"""The devices that do everything right: one publishes, one receives, QoS 1, kept, over mutual TLS;
and one that comes in the middle of it all."""

import json
import os
import socket
import ssl
import struct
import subprocess
import time

from flooding.rules import RATE, SHORT

WARM_SECONDS = 0.5 if SHORT else 1.0
NEWCOMER_SECONDS_MAX = 2 if SHORT else 10


class Pair:
    """Started now, measured from WARM_SECONDS on for `seconds`."""

    def __init__(self, server, seconds: float):
        self.process = subprocess.Popen(
            [os.environ["MQTTLOAD"], "--scen", "f", "--pubs", "1", "--subs", "1",
             "--rate", str(RATE), "--warm", str(WARM_SECONDS), "--secs", str(seconds),
             "--payload", "json", "--addr", server.address, "--pid", str(server.process.pid),
             *server.identity.arguments()],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.seconds_max = seconds + WARM_SECONDS + 60

    def figures(self) -> dict:
        """What they saw, at their end; `error` if they did not get through."""
        try:
            out, complaints = self.process.communicate(timeout=self.seconds_max)
            return json.loads(out)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return {"error": "the healthy pair does not end"}
        except ValueError:
            return {"error": complaints.strip()[-200:]}


def newcomer_ms(server) -> float | None:
    """How long a device takes from its connect to its CONNACK; None if it does not come in."""
    context = ssl.create_default_context(cafile=str(server.identity.ca))
    context.load_cert_chain(server.identity.certificate, server.identity.key)
    name = b"mlnewcomer"
    body = b"\x00\x04MQTT\x04\x02\x00\x3c" + struct.pack(">H", len(name)) + name
    began = time.monotonic()
    host, port = server.address.split(":")
    try:
        with socket.create_connection((host, int(port)), NEWCOMER_SECONDS_MAX) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as wire:
                wire.sendall(bytes([0x10, len(body)]) + body)
                answer = wire.recv(4)
    except OSError:
        return None
    return (time.monotonic() - began) * 1000 if answer == b"\x20\x02\x00\x00" else None
