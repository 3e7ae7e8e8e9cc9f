# SPDX-License-Identifier: Apache-2.0
"""A publisher that knows, outside the server, which of its messages were acknowledged."""

import json
import threading
import time

from . import binary, raw
from .device import Device
from .server import Server

WINDOW = 20
# Between sends: WINDOW messages are always in flight, and the tables stay small.
PAUSE_SECONDS = 0.005
IDS_OF_MQTT = 65535
# A device that is refused does not insist at once.
REFUSED_PAUSE_SECONDS = 0.05


class Publisher(threading.Thread):
    """Sends QoS 1 messages with unique ids over any number of crashes.

    With `again`, what was not acknowledged is sent once more on the next connection, as devices
    do; without, a message is sent once and never again, so that it must not appear twice.
    """

    def __init__(self, server: Server, device: Device, up: threading.Event, again: bool,
                 version: int = 4):
        super().__init__(name=device.name, daemon=True)
        self.server, self.device, self.up, self.again = server, device, up, again
        self.sent: dict[str, int] = {}
        # Id, and when its PUBACK was read.
        self.acknowledged: dict[str, float] = {}
        self.version = version
        # MQTT 5: reason codes of refusals in PUBACKs, with how often.
        self.refused: dict[int, int] = {}
        self.connections = 0
        self.failure: BaseException | None = None
        self._left: list[str] = []
        self._next = 0
        self._ending = threading.Event()

    def end(self):
        """No new messages; what is in flight is waited for."""
        self._ending.set()

    def skip(self, ids: int):
        """Begins with another id, for a second publisher of the same device."""
        self._next += ids

    def run(self):
        try:
            while not self._ending.is_set():
                if self.up.wait(0.2):
                    self._one_connection()
        except BaseException as failure:  # the main thread shows it
            self.failure = failure

    def _one_connection(self):
        try:
            with raw.Wire(self.server, self.device, seconds=10) as wire:
                wire.open(self.device.name, self.version)
                self.connections += 1
                self._pump(wire)
        except (OSError, AssertionError):
            # Killed in the middle of something: the next start of the server is awaited. The
            # pause keeps refused connections of a dying process from spinning.
            time.sleep(0.02)

    def _pump(self, wire: raw.Wire):
        """Keeps WINDOW messages unacknowledged until the server dies or the end is asked for."""
        flying: dict[int, str] = {}
        waiting = self._left if self.again else []
        self._left = list(waiting)
        number = 0
        try:
            while True:
                batch = b""
                while len(flying) < WINDOW and not (self._ending.is_set() and not waiting):
                    message = waiting.pop(0) if waiting else self._new_id()
                    number = number % IDS_OF_MQTT + 1
                    flying[number] = message
                    count = self.sent[message] = self.sent.get(message, 0) + 1
                    batch += raw.publish(self._topic(), self._payload(message), number,
                                         duplicate=count > 1, version=self.version)
                if batch:
                    wire.send(batch)
                    time.sleep(PAUSE_SECONDS)
                if not flying:
                    return
                first, body = wire.read()
                if first == 0:
                    return
                assert first == raw.PUBACK, f"packet {first:#x}"
                message = flying.pop(int.from_bytes(body[:2], "big"))
                if len(body) > 2 and body[2] >= 0x80:
                    self.refused[body[2]] = self.refused.get(body[2], 0) + 1
                    waiting += [message] if self.again else []
                    time.sleep(REFUSED_PAUSE_SECONDS)
                else:
                    self.acknowledged[message] = time.monotonic()
        finally:
            self._left = [*flying.values(), *waiting] if self.again else []

    def _new_id(self) -> str:
        self._next += 1
        return f"{self.device.name}/{self._next}"

    def _topic(self) -> str:
        return f"ledger/{self.device.name}"

    def _payload(self, message: str) -> bytes:
        return json.dumps({"id": message, "value": self._next}).encode()

    def once(self) -> set[str]:
        """Ids that were sent exactly once."""
        return {message for message, times in self.sent.copy().items() if times == 1}


class Flusher(threading.Thread):
    """Runs `lake flush`, `compact`, `expire` and `sweep` in a loop, so that faults fall into all."""

    def __init__(self, server: Server, up: threading.Event):
        super().__init__(name="flusher", daemon=True)
        self.server, self.up = server, up
        self._ending = threading.Event()
        self.done = self.merged = 0

    def end(self):
        self._ending.set()

    def run(self):
        while not self._ending.is_set():
            if self.up.wait(0.2):
                flushed = binary.run("lake", "flush", "--data", str(self.server.data), check=False)
                self.done += flushed.returncode == 0
                merged = binary.run("lake", "compact", "--data", str(self.server.data), check=False)
                self.merged += merged.returncode == 0 and merged.stdout.startswith("Merged:")
                for work in ("expire", "sweep"):
                    if self.up.is_set():
                        binary.run("lake", work, "--data", str(self.server.data), check=False)
