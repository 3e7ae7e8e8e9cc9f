# SPDX-License-Identifier: Apache-2.0
"""A running `headwater demo`, and what it has said so far."""

import json
import pathlib
import re
import signal
import subprocess
import threading

from . import binary
from .waiting import until

DOORS = [word for door in ("mqtts", "https", "http", "postgres")
         for word in (f"--listen-{door}", "127.0.0.1:0")]
#: On two cores that do something else, too.
SAID_SECONDS_MAX = 90
STOP_SECONDS_MAX = 40


class Demo:
    """On free ports, with its data in a folder that stays."""

    def __init__(self, folder: pathlib.Path):
        self.data = folder / "data"
        self.log = folder / "demo.log"
        self.lines: list[str] = []
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> "Demo":
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [binary.path(), "demo", "--data", str(self.data), *DOORS],
                env=binary.clean_environment(), text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def said(self, pattern: str, seconds: float = SAID_SECONDS_MAX) -> re.Match:
        """Waits until it has said that."""
        def found():
            match = re.search(pattern, self.text)
            assert match or self.process.poll() is None, f"{self.text}\n{self.log.read_text()}"
            return match
        return until(found, seconds, f"the demo to say {pattern!r}, after\n{self.text}")

    def endpoints(self) -> dict:
        return json.loads((self.data / "run" / "endpoints.json").read_text())

    def link(self) -> str:
        """The path of the one-time link that it printed."""
        return self.said(r"http://localhost:\d+(/open/\S+)").group(1)

    def url(self, door: str) -> str:
        """As the link calls it."""
        return f"{door}://localhost:{self.endpoints()[door].rsplit(':', 1)[1]}"

    def over(self) -> int:
        """Waits for its end; the exit code."""
        code = self.process.wait(STOP_SECONDS_MAX)
        self.reader.join(STOP_SECONDS_MAX)
        return code

    def stop(self) -> str:
        """Ctrl-C; all that it has said."""
        self.process.send_signal(signal.SIGINT)
        assert self.over() == 0, f"{self.text}\n{self.log.read_text()}"
        return self.text
