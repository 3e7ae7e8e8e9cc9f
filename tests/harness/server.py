# SPDX-License-Identifier: Apache-2.0
"""A running `headwater serve` in a folder of its own."""

import json
import os
import pathlib
import select
import signal
import subprocess
import time
import urllib.request

from . import binary
from .keys import Keys

LISTENERS = ("mqtts", "https", "http", "postgres")
READY_SECONDS_MAX = 30


class NotReady(AssertionError):
    """The server ended, or said nothing, before it was ready."""


class Server:
    """Starts on free ports; a restart keeps the ports, so that clients find it again."""

    def __init__(self, folder: pathlib.Path, *args: str, env: dict[str, str] | None = None):
        self.data = folder / "data"
        self.log = folder / "server.log"
        self.args = args
        self.env = {f"HEADWATER_LISTEN_{name.upper()}": "127.0.0.1:0" for name in LISTENERS}
        self.env["HEADWATER_KEEP"] = str(pathlib.Path(__file__).with_name("keep-clients.txt"))
        self.env.update(env or {})
        self.process: subprocess.Popen | None = None
        self.endpoints: dict = {}
        self.ready_line = self.setup_line = ""
        self._keys: Keys | None = None

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *_):
        if self.running():
            self.kill()

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def command(self) -> list[str]:
        return [binary.path(), "serve", "--data", str(self.data), *self.args]

    def start(self) -> "Server":
        """Returns when the server has printed its one line and written endpoints.json."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                env=binary.clean_environment(**self.env),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
            )
        # A second line, while nobody can sign in, comes in the same write.
        self.ready_line, _, self.setup_line = self._read_line().partition("\n")
        self.endpoints = json.loads((self.data / "run" / "endpoints.json").read_text())
        for name in (*LISTENERS, "mqtt"):
            if name in self.endpoints:
                self.env[f"HEADWATER_LISTEN_{name.upper()}"] = self.endpoints[name]
        return self

    def _read_line(self) -> str:
        """The line on stdout; read from the pipe itself, so that a silent server is noticed."""
        pipe, line, until = self.process.stdout.fileno(), b"", time.monotonic() + READY_SECONDS_MAX
        while not line.endswith(b"\n"):
            left = until - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                self.kill()
                raise NotReady(f"nothing on stdout for {READY_SECONDS_MAX} s\n{self.log_tail()}")
            chunk = os.read(pipe, 4096)
            if not chunk:
                code = self.process.wait()
                raise NotReady(f"the server ended with {code}\n{self.log_tail()}")
            line += chunk
        return line.decode().strip()

    def stop(self, seconds: float = 5) -> int:
        """SIGTERM; the exit code. Fails when it takes longer than promised."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"not down {seconds} s after SIGTERM\n{self.log_tail()}") from None

    def kill(self):
        """SIGKILL, as a power cut would."""
        self.process.kill()
        self.process.wait()

    def log_tail(self, lines: int = 40) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    @property
    def keys(self) -> Keys:
        """Made once, through the server's admin socket."""
        if self._keys is None:
            self._keys = self.make_keys()
        return self._keys

    def make_keys(self) -> Keys:
        made = binary.run("keys", "create", "--data", str(self.data), "--format", "env")
        return Keys.parse(made.stdout)

    def address(self, name: str) -> tuple[str, int]:
        """(host, port) of a listener as the server wrote it."""
        host, port = self.endpoints[name].rsplit(":", 1)
        return host, int(port)

    def url(self, name: str) -> str:
        return f"{name}://{self.endpoints[name]}"

    def flush(self):
        """All that was acknowledged before is in Parquet when this returns."""
        binary.run("lake", "flush", "--data", str(self.data))

    def status(self) -> dict:
        """`GET /api/v1/status`: what it is and how it stands."""
        request = urllib.request.Request(self.url("http") + "/api/v1/status",
                                         headers=self.keys.bearer)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def resident_kb(self) -> int:
        """Resident memory of the server."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(x.split()[1]) for x in status.splitlines() if x.startswith("VmRSS:"))
