# SPDX-License-Identifier: Apache-2.0
"""SQL through psql, psycopg and HTTP."""

import json
import subprocess
import urllib.error
import urllib.request

import psycopg

from .binary import clean_environment
from .server import Server
from .waiting import until


def psql(server: Server, text: str, check: bool = True, **env: str) -> subprocess.CompletedProcess:
    """Runs a statement or a backslash command; rows are lines, columns parted by `|`."""
    done = subprocess.run(
        ["psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", text],
        env=clean_environment(**{**server.keys.env, **env}),
        capture_output=True, text=True, timeout=30,
    )
    if check:
        assert done.returncode == 0, f"psql: {done.stderr}\n{server.log_tail()}"
    return done


def rows(server: Server, text: str) -> list[list[str]]:
    """The rows that psql prints."""
    return [line.split("|") for line in psql(server, text).stdout.splitlines() if line]


def connect(server: Server) -> psycopg.Connection:
    env = server.keys.env
    return psycopg.connect(
        host=env["PGHOST"], port=env["PGPORT"], user=env["PGUSER"], password=env["PGPASSWORD"],
        dbname=env["PGDATABASE"], autocommit=True, connect_timeout=5,
    )


def count(server: Server, text: str) -> int:
    with connect(server) as connection:
        return connection.execute(text).fetchone()[0]


def event(server: Server, where: str, seconds: float = 2) -> dict:
    """The newest row of `events` that fits, as soon as it is there."""
    columns = "kind, outcome, cause, thing, client_id, principal, topic, count"
    query = f"select {columns} from events where {where} order by time desc limit 1"
    with connect(server) as connection:
        row = until(lambda: connection.execute(query).fetchone(), seconds, f"an event with {where}")
    return dict(zip(columns.split(", "), row))


def post(server: Server, body: bytes | dict, headers: dict[str, str] | None = None):
    """`POST /api/v1/sql` on the loopback HTTP listener: (status, decoded answer)."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(
        server.url("http") + "/api/v1/sql", data=data,
        headers={"Content-Type": "application/json",
                 **(server.keys.bearer if headers is None else headers)},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read() or b"null")
