# SPDX-License-Identifier: Apache-2.0
"""The stores beside which a point is measured: each started afresh in a folder of its own, fed with
the same numbers in batches of 5,000 points, and asked to bring them into their own files."""

import http.client
import os
import pathlib
import pwd
import shutil
import subprocess
import time

from brokers import free_port
from process import cpu_seconds, folder_bytes

DEVICES = 200
METRICS = ("time", "publisher", "number", "temperature", "flow")
BATCH_POINTS = 5_000
POSTGRES_BIN = pathlib.Path("/usr/lib/postgresql/15/bin")


def messages(count: int):
    """(device, nanoseconds, five numbers), like the payloads of mqttload: a message a device in
    turn, 10 ms apart."""
    start = 1_790_000_000_000_000_000
    for n in range(count):
        device, turn = n % DEVICES, n // DEVICES * 37
        at = start + n * 10_000_000 // DEVICES
        temperature = 20 + turn % 10 + turn % 100 / 100
        yield device, at, (at // 1000, 100_000 + device, 1_000_000_000 + n // DEVICES,
                           temperature, 10 + turn % 1000 / 1000)


def batches(count: int, row):
    """Texts of rows, BATCH_POINTS points each."""
    size, lines = BATCH_POINTS // len(METRICS), []
    for message in messages(count):
        lines.append(row(*message))
        if len(lines) == size:
            yield "".join(lines)
            lines = []
    if lines:
        yield "".join(lines)


class Store:
    name = ""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.process = self.launch()

    def cost(self) -> float:
        return cpu_seconds(self.process.pid)

    def feed(self, count: int):
        """Stores that many messages, all acknowledged when it returns."""
        raise NotImplementedError

    def settle(self):
        """Returns when they are where they will be read from in years."""

    def disk_bytes(self) -> int:
        return folder_bytes(self.folder)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)

    def spawn(self, *command: str, **more) -> subprocess.Popen:
        log = open(self.folder.parent / f"{self.name}.log", "ab")
        return subprocess.Popen(command, stdout=log, stderr=log, **more)


class Influx(Store):
    """InfluxDB 1.6 as Debian has it, with its defaults (WAL synced at each write); the cache is
    written out after 2 s without writes and not after 10 minutes, so that the files can be
    counted. A line is a point: the device and the metric are tags, as our rows have them."""

    name = "influxdb"

    def row(self, device, at, values) -> str:
        return "".join(f"telemetry,thing=d{device},metric={name} value={value} {at}\n"
                       for name, value in zip(METRICS, values))

    def launch(self):
        self.port, other = free_port(), free_port()
        config = self.folder.parent / "influxdb.conf"
        config.write_text(f"""
reporting-disabled = true
bind-address = "127.0.0.1:{other}"
[meta]
  dir = "{self.folder}/meta"
[data]
  dir = "{self.folder}/data"
  wal-dir = "{self.folder}/wal"
  cache-snapshot-write-cold-duration = "2s"
[http]
  bind-address = "127.0.0.1:{self.port}"
  log-enabled = false
[monitor]
  store-enabled = false
""")
        program = shutil.which("influxd") or "/usr/bin/influxd"
        process = self.spawn(program, "-config", str(config), env={**os.environ, "HOME": "/tmp"})
        for _ in range(500):
            try:
                self.request("POST", "/query?q=CREATE+DATABASE+bench", "")
                return process
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise SystemExit("influxdb does not start")

    def request(self, method: str, path: str, body: str):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 300:
            raise SystemExit(f"influxdb: {answer.status} {text[:300]!r}")

    def feed(self, count: int, seconds: float = float("inf")) -> int:
        """At most for so long; how many messages it were."""
        until, fed = time.monotonic() + seconds, 0
        for text in batches(count, self.row):
            if time.monotonic() >= until:
                break
            self.request("POST", "/write?db=bench", text)
            fed += BATCH_POINTS // len(METRICS)
        return min(fed, count)

    def settle(self):
        for _ in range(600):
            if folder_bytes(self.folder / "wal") < 1_000:
                return
            time.sleep(0.1)
        raise SystemExit("influxdb keeps its WAL")


class InfluxFields(Influx):
    """The same with a line a message and five fields in it: cheaper for InfluxDB, and only for
    messages whose metrics are known ahead."""

    name = "influxdb, fields"

    def row(self, device, at, values) -> str:
        fields = ",".join(f"{name}={value}" for name, value in zip(METRICS, values))
        return f"readings,thing=d{device} {fields} {at}\n"


class Postgres(Store):
    """PostgreSQL 15 with its defaults: a row a point, one index over (thing, metric, time), COPY in
    batches of 5,000, a transaction each."""

    name = "postgresql"

    def launch(self):
        user = pwd.getpwnam("postgres") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        self.user = {"user": user.pw_uid, "group": user.pw_gid} if os.getuid() == 0 else {}
        os.chown(self.folder, user.pw_uid, user.pw_gid)
        os.chmod(self.folder.parent, 0o755)
        self.port = free_port()
        subprocess.run([str(POSTGRES_BIN / "initdb"), "-D", str(self.folder), "-A", "trust",
                        "-U", "bench"], check=True, stdout=subprocess.DEVNULL, cwd="/", **self.user)
        process = self.spawn(str(POSTGRES_BIN / "postgres"), "-D", str(self.folder), "-p",
                             str(self.port), "-c", "listen_addresses=127.0.0.1", "-k", "/tmp",
                             cwd="/", **self.user)
        for _ in range(500):
            if self.sql("SELECT 1", check=False) == 0:
                break
            time.sleep(0.02)
        self.sql("CREATE TABLE points (time timestamptz NOT NULL, thing text NOT NULL, "
                 "metric text NOT NULL, value double precision NOT NULL); "
                 "CREATE INDEX ON points (thing, metric, time)")
        self.before = self.disk_bytes()
        return process

    def command(self) -> list[str]:
        return ["psql", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", "bench", "-d",
                "postgres", "-v", "ON_ERROR_STOP=1"]

    def sql(self, text: str, check: bool = True) -> int:
        return subprocess.run([*self.command(), "-c", text], check=check,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode

    def feed(self, count: int):
        def row(device, at, values):
            seconds = f"{at // 1_000_000_000}.{at // 1000 % 1_000_000:06}"
            moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(int(seconds[:10])))
            moment += seconds[10:] + "+00"
            return "".join(f"{moment}\td{device}\t{name}\t{value}\n"
                           for name, value in zip(METRICS, values))

        psql = subprocess.Popen(self.command(), stdin=subprocess.PIPE, text=True)
        for text in batches(count, row):
            psql.stdin.write(f"COPY points FROM STDIN;\n{text}\\.\n")
        psql.stdin.close()
        if psql.wait() != 0:
            raise SystemExit("psql failed")

    def settle(self):
        self.sql("CHECKPOINT")

    def disk_bytes(self) -> int:
        """Table and index, without the WAL, which is used again."""
        done = subprocess.run([*self.command(), "-At", "-c",
                               "SELECT coalesce(pg_total_relation_size(to_regclass('points')), 0)"],
                              check=True, capture_output=True, text=True)
        return int(done.stdout)

    def stop(self):
        self.process.send_signal(2)
        self.process.wait(30)


PEERS = {store.name: store for store in (Influx, InfluxFields, Postgres)}
