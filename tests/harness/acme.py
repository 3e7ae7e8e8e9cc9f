# SPDX-License-Identifier: Apache-2.0
"""Pebble, the ACME server for tests, with a name server that knows every name as this machine."""

import json
import os
import pathlib
import socket
import ssl
import subprocess
import urllib.error
import urllib.request

from . import binary
from .tls import Authority
from .waiting import until


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Pebble:
    """It looks at names at `tls_port`, and gives certificates that live for `seconds`; to accounts that
    `external` names alone (key ids and keys, base64url), if there are some."""

    def __init__(self, folder: pathlib.Path, tls_port: int, seconds: int, external: dict | None = None):
        self.folder = folder
        ca = Authority(folder / "acme", "ACME test CA")
        self.ca_file = ca.pem
        chain, key = ca.sign(["DNS:localhost", "IP:127.0.0.1"])
        self.port, self.management, self.dns = free_port(), free_port(), free_port()
        self.directory = f"https://localhost:{self.port}/dir"
        self.config = folder / "pebble.json"
        self.config.write_text(json.dumps({"pebble": {
            "listenAddress": f"127.0.0.1:{self.port}",
            "managementListenAddress": f"127.0.0.1:{self.management}",
            "certificate": str(chain), "privateKey": str(key),
            "httpPort": free_port(), "tlsPort": tls_port, "ocspResponderURL": "",
            "externalAccountBindingRequired": bool(external), "externalAccountMACKeys": external or {},
            "certificateValidityPeriod": seconds,
        }}))
        self.processes: list[subprocess.Popen] = []

    def __enter__(self) -> "Pebble":
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self) -> "Pebble":
        names = ["pebble-challtestsrv", "-dns01", f"127.0.0.1:{self.dns}", "-http01", "", "-https01", "",
                 "-tlsalpn01", "", "-management", f"127.0.0.1:{free_port()}", "-defaultIPv6", ""]
        pebble = ["pebble", "-config", str(self.config), "-dnsserver", f"127.0.0.1:{self.dns}"]
        environment = {**binary.clean_environment(), "PEBBLE_VA_NOSLEEP": "1",
                       "PEBBLE_WFE_NONCEREJECT": "0"}
        with open(self.folder / "pebble.log", "ab") as log:
            self.processes = [
                subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
                for command in (names, pebble)]
        until(self.answers, 20, f"pebble to answer\n{self.log()}")
        return self

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()
        self.processes = []

    def log(self) -> str:
        path = self.folder / "pebble.log"
        return path.read_text(errors="replace")[-4000:] if path.exists() else ""

    def _get(self, url: str) -> bytes:
        context = ssl.create_default_context(cafile=str(self.ca_file))
        with urllib.request.urlopen(url, context=context, timeout=5) as answer:
            return answer.read()

    def answers(self) -> bool:
        try:
            return bool(self._get(self.directory))
        except (OSError, urllib.error.URLError):
            return False

    def root(self) -> pathlib.Path:
        """The root of what it signs: another at each start."""
        path = self.folder / f"root-{os.urandom(4).hex()}.pem"
        path.write_bytes(self._get(f"https://localhost:{self.management}/roots/0"))
        return path
