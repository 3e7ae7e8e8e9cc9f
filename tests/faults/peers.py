# SPDX-License-Identifier: Apache-2.0
"""Other brokers as Debian has them, each started on a folder, for the same faults as ours."""

import pathlib
import queue
import shutil
import socket
import subprocess
import threading
import time

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from harness.waiting import until

PATH = "/usr/sbin:/usr/bin:/usr/local/bin"


class Peer:
    """A broker; `settings` are lines of its configuration beyond what it takes to run here."""

    def __init__(self, name: str, program: str, settings: tuple[str, ...] = ()):
        self.name, self.program, self.settings = name, program, settings

    def there(self) -> bool:
        return bool(shutil.which(self.program, path=PATH))

    def start(self, data: pathlib.Path, log: pathlib.Path) -> "Running":
        data.mkdir(parents=True, exist_ok=True)
        port = free_port()
        text = self._mosquitto(data, port) if self.program == "mosquitto" else self._nats(data, port)
        config = log.with_suffix(".conf")
        config.write_text(text)
        with open(log, "ab") as out:
            process = subprocess.Popen(
                [shutil.which(self.program, path=PATH), "-c", config], stdout=out, stderr=out)
        running = Running(process, port)
        until(running.answers, 20, f"{self.name} listens")
        return running

    def _mosquitto(self, data: pathlib.Path, port: int) -> str:
        return "\n".join((
            f"listener {port} 127.0.0.1", "allow_anonymous true", "user root", "persistence true",
            f"persistence_location {data}/", "max_queued_messages 0", *self.settings)) + "\n"

    def _nats(self, data: pathlib.Path, port: int) -> str:
        return "\n".join((
            "server_name: peer", f'listen: "127.0.0.1:{free_port()}"',
            f'jetstream {{ store_dir: "{data}" }}',
            f'mqtt {{ listen: "127.0.0.1:{port}" }}', *self.settings)) + "\n"


class Running:
    def __init__(self, process: subprocess.Popen, port: int):
        self.process, self.port = process, port

    def answers(self) -> bool:
        assert self.process.poll() is None, f"it ended with {self.process.returncode}"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        self.process.kill()
        self.process.wait()

    def client(self, name: str, clean: bool) -> paho.Client:
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=clean,
                             reconnect_on_failure=False)
        client.max_inflight_messages_set(20)
        return client

    def begin_session(self):
        """A persistent session that is offline from now on."""
        done = threading.Event()
        client = self.client("offline", clean=False)
        client.on_subscribe = lambda *_: done.set()
        client.on_connect = lambda *_: client.subscribe("ledger/#", 1)
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        assert done.wait(10), "no SUBACK"
        client.disconnect()
        client.loop_stop()

    def drain(self) -> set[int]:
        """What the session is given when it comes back."""
        got: queue.Queue[int] = queue.Queue()
        client = self.client("offline", clean=False)
        client.on_message = lambda _c, _u, message: got.put(int(message.payload))
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        found, quiet = set(), time.monotonic()
        while time.monotonic() - quiet < 3:
            try:
                found.add(got.get(timeout=0.2))
                quiet = time.monotonic()
            except queue.Empty:
                pass
        client.disconnect()
        client.loop_stop()
        return found


class Load:
    """Publishes QoS 1 all the time; knows what was acknowledged and when."""

    def __init__(self, running: Running):
        # By packet id: there are fewer messages than ids.
        self._moments: dict[int, float] = {}
        self._numbers: dict[int, int] = {}
        self._ending = threading.Event()
        self._client = running.client("publisher", clean=True)
        self._client.on_publish = self._published
        self._client.connect("127.0.0.1", running.port)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _published(self, _client, _userdata, mid, _code, _properties):
        self._moments[mid] = time.monotonic()

    def _run(self):
        number = 0
        while not self._ending.is_set():
            number += 1
            sent = self._client.publish(f"ledger/{number % 7}", str(number), 1)
            self._numbers[sent.mid] = number
            time.sleep(0.002)

    def end(self):
        self._ending.set()
        self._thread.join()
        self._client.loop_stop()

    def before(self, moment: float) -> set[int]:
        return {self._numbers[mid] for mid, when in self._moments.copy().items() if when < moment}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
