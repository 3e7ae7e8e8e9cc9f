# SPDX-License-Identifier: Apache-2.0
"""The three that are measured, each started afresh in a temporary folder."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """Started in `folder`; `address` is its plain MQTT listener."""

    name = ""
    address = ""

    def __init__(self, folder: pathlib.Path, kept: bool = False):
        self.folder, self.kept = folder, kept
        began = time.monotonic()
        self.process = self.launch()
        self.ready_ms = (time.monotonic() - began) * 1000

    def launch(self) -> subprocess.Popen:
        raise NotImplementedError

    def settle(self):
        """Returns when all work that the messages caused is done."""

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
        """User and system time of all its threads so far."""
        text = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = text[text.rindex(")") + 2:].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    def resident_kb(self) -> int:
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(x.split()[1]) for x in text.splitlines() if x.startswith("VmRSS:"))

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

    def launch(self):
        self.address = f"127.0.0.1:{free_port()}"
        process = self.spawn(os.environ["FLOOR"], self.address)
        self.wait_for_port(process)
        return process


class Mosquitto(Broker):
    name = "mosquitto"

    def launch(self):
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        config = self.folder / "mosquitto.conf"
        config.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
            "max_inflight_messages 1000\nmax_queued_messages 0\npersistence false\n")
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        process = self.spawn(program, "-c", str(config))
        self.wait_for_port(process)
        return process


class Headwater(Broker):
    name = "headwater"

    def launch(self):
        listeners = {f"HEADWATER_LISTEN_{x}": "127.0.0.1:0"
                     for x in ("MQTT", "MQTTS", "HTTPS", "HTTP", "POSTGRES")}
        clean = {k: v for k, v in os.environ.items() if not k.startswith("HEADWATER_")}
        process = self.spawn(
            os.environ["HEADWATER_BIN"], "serve", "--data", str(self.data), stdout=subprocess.PIPE,
            env={**clean, **listeners, "HEADWATER_KEEP": "all" if self.kept else "off",
                 "HEADWATER_MQTT_ANONYMOUS_POLICY": str(HERE / "policy.json")})
        if not process.stdout.readline():
            raise SystemExit(f"headwater ended: {self.log()}")
        endpoints = json.loads((self.data / "run" / "endpoints.json").read_text())
        self.address = endpoints["mqtt"]
        return process

    @property
    def data(self) -> pathlib.Path:
        return self.folder / "data"

    def settle(self):
        if self.kept:
            subprocess.run([os.environ["HEADWATER_BIN"], "lake", "flush", "--data", str(self.data)],
                           check=True, stdout=subprocess.DEVNULL)


ALL = {broker.name: broker for broker in (Floor, Mosquitto, Headwater)}
