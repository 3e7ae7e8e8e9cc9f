# SPDX-License-Identifier: Apache-2.0
"""Headwater as it is measured: anonymous under policy.json on the plain door, or with a certificate
under the same policy on the TLS door."""

import json
import os
import pathlib
import shutil
import subprocess
import time
import urllib.request

from brokers import Broker

HERE = pathlib.Path(__file__).resolve().parent
DOORS = ("MQTT", "MQTTS", "HTTPS", "HTTP", "POSTGRES", "METRICS")
# At rest: no CPU for so long, which is more than a worker rests between two keys that it makes
# ahead; waited for at most the longer one.
REST_SECONDS, REST_SECONDS_MAX = 0.7, 10


class Headwater(Broker):
    name = "headwater"
    # More settings, by environment variable.
    settings: dict = {}

    @classmethod
    def program(cls):
        return shutil.which(os.environ["HEADWATER_BIN"])

    def launch(self):
        ports = getattr(self, "endpoints", {})
        listeners = {f"HEADWATER_LISTEN_{door}": ports.get(door.lower(), "127.0.0.1:0")
                     for door in DOORS}
        clean = {k: v for k, v in os.environ.items() if not k.startswith("HEADWATER_")}
        process = self.spawn(
            self.program(), "serve", "--data", str(self.data), stdout=subprocess.PIPE,
            env={**clean, **listeners, **self.settings, "HEADWATER_KEEP": "all" if self.kept else "off",
                 "HEADWATER_MQTT_ANONYMOUS_POLICY": str(HERE / "policy.json")})
        if not process.stdout.readline():
            raise SystemExit(f"headwater ended: {self.log()}")
        self.endpoints = json.loads((self.data / "run" / "endpoints.json").read_text())
        self.address = self.endpoints["mqtts" if self.tls else "mqtt"]
        if self.tls and not self.identity:
            import identities
            self.identity = identities.of_headwater(self)
        return process

    def rest(self):
        """Returns when the work of its start is done, so that it is not counted as that of messages."""
        until, spent = time.monotonic() + REST_SECONDS_MAX, -1.0
        while spent < (now := self.cpu_seconds()) and time.monotonic() < until:
            spent = now
            time.sleep(REST_SECONDS)

    def crash_and_restart(self):
        """`kill -9`, then a start on the same folder and ports; returns when it is ready."""
        self.process.kill()
        self.process.wait()
        self.process = self.launch()

    @property
    def data(self) -> pathlib.Path:
        return self.folder / "data"

    def tool(self, *words: str) -> str:
        """A command of its own program, on its folder."""
        command = [self.program(), *words, "--data", str(self.data)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def heap_bytes(self) -> float:
        """Memory that it has asked for and not freed."""
        with urllib.request.urlopen(f"http://{self.endpoints['metrics']}/metrics") as page:
            lines = page.read().decode().splitlines()
        return float(next(it for it in lines if it.startswith("headwater_heap_bytes ")).split()[1])

    def settle(self):
        if self.kept:
            self.tool("lake", "flush")
