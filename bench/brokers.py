# SPDX-License-Identifier: Apache-2.0
"""The peers that are measured, each started afresh in a folder of its own; headwater.py has ours."""

import os
import pathlib
import shutil
import socket
import subprocess
import time

from process import cpu_seconds, resident_kb


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """Started in `folder`; `address` is its MQTT listener, plain or, with `tls`, for mutual TLS with
    the files of `identity`."""

    name = ""
    address = ""

    def __init__(self, folder: pathlib.Path, kept: bool = False, tls: bool = False):
        self.folder, self.kept, self.tls = folder, kept, tls
        self.identity = None
        began = time.monotonic()
        self.process = self.launch()
        self.ready_ms = (time.monotonic() - began) * 1000

    @classmethod
    def program(cls) -> str | None:
        """What is run; None if it is not installed."""
        raise NotImplementedError

    def launch(self) -> subprocess.Popen:
        raise NotImplementedError

    def rest(self):
        """Returns when the work of its start is done."""

    def settle(self):
        """Returns when all work that the messages caused is done."""

    @property
    def label(self) -> str:
        return self.name + " kept" * self.kept + " TLS" * self.tls

    def spawn(self, *command: str, **more) -> subprocess.Popen:
        with open(self.folder / f"{self.name}.log", "ab") as log:
            return subprocess.Popen(command, stderr=log, **{"stdout": log, **more})

    def wait_for_port(self, process: subprocess.Popen):
        host, port = self.address.split(":")
        for _ in range(1000):
            if process.poll() is not None:
                raise SystemExit(f"{self.name} ended: {self.log()}")
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.005)
        raise SystemExit(f"{self.name} does not listen on {self.address}")

    def cpu_seconds(self) -> float:
        return cpu_seconds(self.process.pid)

    def resident_kb(self) -> int:
        return resident_kb(self.process.pid)

    def log(self) -> str:
        return (self.folder / f"{self.name}.log").read_text(errors="replace")[-2000:]

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Floor(Broker):
    name = "floor"

    @classmethod
    def program(cls):
        return shutil.which(os.environ["FLOOR"])

    def launch(self):
        self.address = f"127.0.0.1:{free_port()}"
        process = self.spawn(self.program(), self.address)
        self.wait_for_port(process)
        return process


class Mosquitto(Broker):
    name = "mosquitto"

    @classmethod
    def program(cls):
        return shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")

    def launch(self):
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        config = self.folder / "mosquitto.conf"
        text = (f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
                "max_inflight_messages 1000\nmax_queued_messages 0\npersistence false\n"
                "user root\n")
        if self.tls:
            import identities
            self.identity, server = identities.of_a_peer(self.folder)
            text += (f"cafile {self.identity.ca}\ncertfile {server.certificate}\n"
                     f"keyfile {server.key}\nrequire_certificate true\n")
        config.write_text(text)
        process = self.spawn(self.program(), "-c", str(config))
        self.wait_for_port(process)
        return process


class Rumqttd(Broker):
    """`cargo install rumqttd` into target/peers, see run.sh."""

    name = "rumqttd"

    @classmethod
    def program(cls):
        return shutil.which(os.environ.get("RUMQTTD", "rumqttd"))

    def launch(self):
        self.address = f"127.0.0.1:{free_port()}"
        config = self.folder / "rumqttd.toml"
        text = ('id = 0\n[router]\nid = 0\nmax_connections = 20010\n'
                'max_outgoing_packet_count = 200\nmax_segment_size = 104857600\n'
                'max_segment_count = 10\n[v4.1]\nname = "v4-1"\n'
                f'listen = "{self.address}"\nnext_connection_delay_ms = 1\n'
                '[v4.1.connections]\nconnection_timeout_ms = 60000\nmax_payload_size = 262144\n'
                'max_inflight_count = 100\ndynamic_filters = true\n')
        if self.tls:
            import identities
            self.identity, server = identities.of_a_peer(self.folder)
            text += (f'[v4.1.tls]\ncapath = "{self.identity.ca}"\n'
                     f'certpath = "{server.certificate}"\nkeypath = "{server.key}"\n')
        config.write_text(text)
        process = self.spawn(self.program(), "-c", str(config))
        self.wait_for_port(process)
        return process


ALL = {broker.name: broker for broker in (Floor, Mosquitto, Rumqttd)}
