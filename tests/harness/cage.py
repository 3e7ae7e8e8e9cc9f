# SPDX-License-Identifier: Apache-2.0
"""Canaries by the name of their way in, and what is searched for them."""

import base64
import pathlib
import secrets
import urllib.error
import urllib.parse
import urllib.request

from . import binary
from .server import Server


class Cage:
    """Every secret that went in, and all that came out."""

    def __init__(self):
        self.birds: dict[str, str] = {}
        self.homes: dict[str, tuple[str, ...]] = {}
        self.seen: list[tuple[str, bytes]] = []

    def bird(self, way: str, length: int = 24, homes: tuple[str, ...] = ()) -> str:
        """A secret of ours; `homes` begin the names of places where it is kept as it is."""
        return self.keep(way, "canary" + secrets.token_hex(length // 2), homes)

    def keep(self, way: str, secret: str, homes: tuple[str, ...] = ()) -> str:
        """A secret that another made."""
        assert way not in self.birds and len(secret) > 10, (way, secret)
        self.birds[way], self.homes[way] = secret, homes
        return secret

    def look(self, where: str, what: bytes | str):
        self.seen.append((where, what if isinstance(what, bytes) else what.encode()))

    def search(self, server: Server, folder: pathlib.Path, clients: tuple[str, ...]):
        """Everything of a server that says something or is kept; it is stopped then."""
        data = str(server.data)
        self.look("metrics", fetch(f"http://{server.endpoints['metrics']}/metrics"))
        self.look("status", fetch(f"{server.url('http')}/api/v1/status", server.keys.bearer))
        events = binary.run("sql", "select * from events", "--json", "--data", data).stdout
        self.look("events", events)
        self.look("doctor", binary.run("doctor", "--data", data, "--json", check=False).stdout)
        for client in clients:
            done = binary.run("explain", "--client", client, "--json", "--data", data, check=False)
            self.look("explain", done.stdout + done.stderr)
        proc = pathlib.Path(f"/proc/{server.process.pid}")
        self.look("arguments", (proc / "cmdline").read_bytes())
        self.look("ready line", server.ready_line)
        plain = folder / "plain.tar"
        binary.run("backup", "--data", data, "--to", str(plain))
        self.look("plain backup", plain.read_bytes())
        for file in server.data.rglob("*"):
            if file.is_file() and file.name != "master.key":
                self.look(f"file {file.relative_to(server.data)}", file.read_bytes())
        server.stop()
        log = server.log.read_bytes()
        self.look("log", log)
        assert b"event.kind" in log and b"panicked" not in log and b'"refused"' in events.encode()

    def escaped(self) -> list[str]:
        found = []
        for way, bird in self.birds.items():
            plain = bird.encode()
            forms = {plain, urllib.parse.quote(bird, safe="").encode(),
                     plain.hex().encode(), base64.b64encode(plain).rstrip(b"=")[:-2]}
            if all(c in "0123456789abcdef" for c in bird) and len(bird) == 64:
                forms.add(bytes.fromhex(bird))
            found += [f"{way} in {where}" for where, what in self.seen
                      if not where.startswith(self.homes[way])
                      and any(form in what for form in forms)]
        return found


def fetch(url: str, headers: dict | None = None, data: bytes | None = None, context=None) -> bytes:
    """Whatever is answered, head and body."""
    request = urllib.request.Request(url, data=data, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=20, context=context) as answer:
            return str(answer.headers).encode() + answer.read()
    except urllib.error.HTTPError as refused:
        return str(refused.headers).encode() + refused.read()
