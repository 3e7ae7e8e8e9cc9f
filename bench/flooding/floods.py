# SPDX-License-Identifier: Apache-2.0
"""Every flood (mqttload/src/flood/scripts.rs): by which door, and what it must have achieved to count
as one."""

import dataclasses
import json
import os
import pathlib
import subprocess
import tempfile

import identities
from flooding.rules import SHORT


@dataclasses.dataclass(frozen=True)
class Flood:
    name: str
    door: str = "mqtt"
    # Over TLS with the device's certificate; else the bytes go as they are.
    tls: bool = False
    # A flood whose peers never come in can't have done its work.
    comes_in: bool = False
    # The server may not have what this is about.
    optional: bool = False
    kind: str = ""
    # Most kilobytes that the server may take for each of its connections; 0: not looked at.
    each_kb: int = 0
    stranger: bool = False
    # Left out of the short run, which has it by another door.
    long: bool = False

    @property
    def label(self) -> str:
        return f"{self.name} {'TLS' if self.tls else self.door}"


ALL = [
    Flood("slow-connect", long=True),
    Flood("slow-connect", "mqtts", tls=True),
    Flood("half-open", each_kb=4),
    Flood("half-open", "mqtts", tls=True, long=True, each_kb=16),
    Flood("half-publish", comes_in=True),
    Flood("silent", "mqtts"),
    Flood("silent", "http", long=True),
    Flood("client-hello", "mqtts"),
    Flood("websocket", "http", comes_in=True, optional=True),
    Flood("bad-certificate", "mqtts", tls=True, stranger=True),
    Flood("takeover", comes_in=True),
    Flood("takeover", "mqtts", tls=True, comes_in=True, long=True),
    Flood("subscriptions", comes_in=True),
    Flood("publish-0", comes_in=True),
    Flood("publish-1", comes_in=True),
    Flood("stopped-reader", comes_in=True),
    Flood("slow-reader", comes_in=True),
    Flood("oversize", comes_in=True),
    Flood("malformed", kind="all"),
]


def chosen() -> list[Flood]:
    """Those that ONLY names, of a short run or of a long one."""
    wanted = os.environ.get("ONLY", "").split()
    known = {flood.name for flood in ALL} | {"leaks"}
    if unknown := [name for name in wanted if name not in known]:
        raise SystemExit(f"ONLY: {' '.join(unknown)} is not one of: {' '.join(sorted(known))}")
    return [flood for flood in ALL
            if (not wanted or flood.name in wanted) and not (SHORT and flood.long)]


def start(flood: Flood, server, *more: str) -> subprocess.Popen:
    identity = server.identity
    if flood.stranger:
        identity = identities.stranger(pathlib.Path(tempfile.mkdtemp(dir=server.folder)),
                                       identity.ca)
    arguments = identity.arguments()
    if not flood.tls:
        arguments = arguments[2:]
    return subprocess.Popen(
        [os.environ["MQTTLOAD"], "--scen", "flood", "--flood", flood.name, "--kind", flood.kind,
         "--addr", server.endpoints[flood.door], *arguments, *more],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def figures(process: subprocess.Popen, seconds_max: float) -> dict:
    try:
        out, complaints = process.communicate(timeout=seconds_max)
        return json.loads(out)
    except subprocess.TimeoutExpired:
        process.kill()
        return {"error": "the flood does not end"}
    except ValueError:
        return {"error": complaints.strip()[-200:]}


def malformed_kinds() -> list[str]:
    done = subprocess.run([os.environ["MQTTLOAD"], "--scen", "flood", "--flood", "malformed"],
                          capture_output=True, text=True, check=True)
    return done.stdout.split()
