# SPDX-License-Identifier: Apache-2.0
"""The people's API as a program and as a browser use it."""

import dataclasses
import http.client
import json
import re
import socket
import urllib.parse

from . import binary
from .server import Server

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


@dataclasses.dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    def json(self):
        return json.loads(self.body)

    @property
    def message(self) -> str:
        return self.json()["error"]["message"]

    @property
    def cookie(self) -> str:
        """What a browser sends back."""
        return (self.headers["Set-Cookie"] or "").split(";")[0]


def ask(server: Server, method: str, path: str, body=None, seconds: float = 30, **headers) -> Answer:
    """One request on the loopback HTTP door; `_` in names of headers stands for `-`."""
    host, port = server.address("http")
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    return _send(connection, method, path, body, headers)


class _Socket(http.client.HTTPConnection):
    def __init__(self, path: str):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask_socket(server: Server, method: str, path: str, body=None, **headers) -> Answer:
    """The same at the admin socket."""
    connection = _Socket(str(server.data / "run" / "admin.sock"))
    return _send(connection, method, path, body, headers)


def _send(connection, method, path, body, headers) -> Answer:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    data = None
    if body is not None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers.setdefault("Content-Type", "application/json")
    try:
        connection.request(method, path, body=data, headers=headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@dataclasses.dataclass
class Browser:
    """Keeps the session cookie and says that requests come from our own page."""
    server: Server
    cookie: str = ""

    def ask(self, method: str, path: str, body=None, **headers) -> Answer:
        sent = {**OWN_PAGE, **({"Cookie": self.cookie} if self.cookie else {}), **headers}
        answer = ask(self.server, method, path, body, **sent)
        if answer.headers["Set-Cookie"]:
            self.cookie = answer.cookie
        return answer


def token(link: str) -> str:
    """What stands behind # in a link."""
    return re.search(r"/setup#([A-Za-z0-9_-]{43})", link).group(1)


def administrator(server: Server, account: str | None = None, name: str = "ada",
                  password: str = "a long enough one") -> Browser:
    """The first administrator of an account, by a link of the command line."""
    more = ["--account", account] if account else []
    link = binary.run("setup-link", "--data", str(server.data), *more).stdout
    browser = Browser(server)
    made = browser.ask("POST", "/api/v1/setup",
                       {"token": token(link), "name": name, "password": password})
    assert made.status == 200, made.text
    return browser


def query(**parameters) -> str:
    return urllib.parse.urlencode(parameters, doseq=True)
