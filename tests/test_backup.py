# SPDX-License-Identifier: Apache-2.0
"""Backups of a server under load, restored beside it and compared row by row; archives that are
damaged, foreign or made to do harm; and kills in the midst of both."""

import contextlib
import hashlib
import io
import json
import os
import pathlib
import random
import shutil
import stat
import subprocess
import tarfile
import threading
import time

import pytest

from harness import binary, device, folders, policies, sql, waiting, web
from harness.ledger import Publisher
from harness.mqtt import Client
from harness.server import Server
from harness.web import OWN_PAGE, ask, token

KILLS = 12
ROWS = "select trace_id, topic, thing, client_id, qos, encode(payload, 'hex') from messages"


def backup(server: Server, to: pathlib.Path, *more: str) -> dict:
    made = binary.run("backup", "--data", str(server.data), "--to", str(to), "--json", *more)
    return json.loads(made.stdout)


def restore(file: pathlib.Path, into: pathlib.Path, *more: str) -> dict:
    """Restores to `into/data`, where a `Server(into)` looks for it."""
    done = binary.run("restore", "--from", str(file), "--data", str(into / "data"), "--json", *more)
    return json.loads(done.stdout)


def refusal(*args: str) -> str:
    refused = binary.run(*map(str, args), check=False)
    assert refused.returncode in (1, 2) and "panicked" not in refused.stderr, refused
    return refused.stderr


def rows(server: Server, query: str = ROWS) -> list[tuple]:
    with sql.connect(server) as connection:
        return sorted(connection.execute(query).fetchall(), key=repr)


def checksum(lines: list[tuple]) -> str:
    return hashlib.sha256("\n".join(map(repr, lines)).encode()).hexdigest()


def producer(trace: str) -> tuple[str, int]:
    """Who stamped it, and its place in that one's order."""
    epoch, shard, high, middle, low = trace.split("-")
    return f"{epoch}-{shard}", int(high[1:] + middle[1:] + low, 16)


class Registrar(threading.Thread):
    """Makes things through boto3, and remembers those that were answered."""

    def __init__(self, server: Server):
        super().__init__(daemon=True)
        self.iot = server.keys.client("iot")
        self.made: list[str] = []
        self.ending = threading.Event()

    def run(self):
        while not self.ending.is_set():
            name = f"made-{len(self.made)}"
            self.iot.create_thing(thingName=name)
            self.made.append(name)


@contextlib.contextmanager
def load(server: Server, folder: pathlib.Path, publishers: int = 4):
    """Publishers with a ledger, things through boto3, and commits to the tables."""
    up = threading.Event()
    up.set()
    crowd = [
        Publisher(server, device.register(server, folder, policies.only_topics("ledger/*")), up,
                  again=True)
        for _ in range(publishers)
    ]
    registrar = Registrar(server)
    for thread in (*crowd, registrar):
        thread.start()
    try:
        yield crowd, registrar
    finally:
        for publisher in crowd:
            publisher.end()
        registrar.ending.set()
        for thread in (*crowd, registrar):
            thread.join(30)
    assert not [publisher.failure for publisher in crowd if publisher.failure]


def things(server: Server) -> set[str]:
    pages = server.keys.client("iot").get_paginator("list_things").paginate()
    return {thing["thingName"] for page in pages for thing in page["things"]}


def ids(lines: list[tuple]) -> set[str]:
    return {json.loads(bytes.fromhex(line[5]))["id"] for line in lines}


def test_a_backup_under_load_restores_to_the_same_rows(fresh, tmp_path):
    server = fresh()
    with load(server, tmp_path) as (crowd, registrar):
        until = time.monotonic() + 20
        while len(registrar.made) < 20 or any(len(p.acknowledged) < 100 for p in crowd):
            assert time.monotonic() < until
            time.sleep(0.05)
        server.flush()
        time.sleep(0.5)
        made = []
        for number in range(3):
            before = set().union(*(p.acknowledged.copy() for p in crowd)), set(registrar.made)
            made.append((before, backup(server, tmp_path / f"{number}.tar")))
            # The next one begins in the midst of commits and trims.
            server.flush()
    first = rows(server)
    keys = server.keys
    for number, ((acknowledged, registered), _) in enumerate(made):
        file = tmp_path / f"{number}.tar"
        assert binary.run("backup", "verify", "--from", str(file)).returncode == 0
        told = restore(file, tmp_path / f"restored-{number}")
        with Server(tmp_path / f"restored-{number}") as second:
            second._keys = second.make_keys()
            second.flush()
            found = rows(second)
            assert acknowledged <= ids(found), "acknowledged before the backup began"
            assert len(found) == len({line[0] for line in found}), "none twice"
            # Of every producer all up to one record, and that is what the first one has.
            last: dict[str, int] = {}
            for line in found:
                who, place = producer(line[0])
                last[who] = max(last.get(who, 0), place)
            up_to = [line for line in first
                     if producer(line[0])[1] <= last.get(producer(line[0])[0], 0)]
            assert checksum(found) == checksum(up_to), "equal up to the position"
            assert registered <= things(second) <= set(registrar.made) | {
                p.device.name for p in crowd} | {f"made-{len(registrar.made)}"}
            assert told["position"] == told["about"]["position"]
            # What it takes in from now on is its own, and no trace is of the first one.
            meter = crowd[0].device
            with Client(second, meter) as client:
                client.paho.publish(f"ledger/{meter.name}", b'{"id": "new"}', qos=1
                                    ).wait_for_publish(10)
            second.flush()
            new = [line for line in rows(second) if line not in found]
            assert len(new) == 1 and producer(new[0][0])[0] not in {
                producer(line[0])[0] for line in first}
            # Keys of the first server open the second.
            status, _ = sql.post(second, {"sql": "select 1"}, keys.bearer)
            assert status == 200
    # Restored twice, they go ways of their own.
    again = restore(tmp_path / "0.tar", tmp_path / "again")
    other = restore(tmp_path / "0.tar", tmp_path / "other")
    assert again["epoch"] != other["epoch"]


def test_a_stopped_folder_and_a_backup_of_a_restored_one(fresh, tmp_path):
    server = fresh()
    meter = device.register(server, tmp_path, policies.EVERYTHING)
    with Client(server, meter) as client:
        for n in range(30):
            client.paho.publish("a/b", b'{"n": %d}' % n, qos=1).wait_for_publish(10)
    first = rows(server)
    server.stop()
    backup(server, tmp_path / "stopped.tar")
    restore(tmp_path / "stopped.tar", tmp_path / "second")
    with Server(tmp_path / "second") as second:
        assert rows(second) == first
        backup(second, tmp_path / "second.tar")
    restore(tmp_path / "second.tar", tmp_path / "third")
    with Server(tmp_path / "third") as third:
        assert rows(third) == first
    locked = Server(tmp_path / "third").start()
    try:
        (locked.data / "run" / "admin.sock").unlink()
        message = refusal("backup", "--data", locked.data, "--to", tmp_path / "x.tar")
        assert "in use by another server" in message
    finally:
        locked.kill()


def test_whoever_was_signed_in_signs_in_again(fresh, tmp_path):
    server = fresh()
    browser = web.administrator(server)
    made = binary.run("users", "create", "bob", "--data", str(server.data)).stdout
    password = "a long enough one"
    invitation = {"token": token(made), "password": password}
    backup(server, tmp_path / "it.tar")
    restore(tmp_path / "it.tar", tmp_path / "restored")
    with Server(tmp_path / "restored") as second:
        browser.server = second
        assert browser.ask("GET", "/api/v1/session").status == 401
        refused = ask(second, "POST", "/api/v1/setup", invitation, **OWN_PAGE)
        assert refused.status == 403, refused.text
        again = {"name": "ada", "password": password}
        assert ask(second, "POST", "/api/v1/session", again, **OWN_PAGE).status == 200
    # The first server's are as they were.
    browser.server = server
    assert browser.ask("GET", "/api/v1/session").json()["name"] == "ada"


def test_point_in_time(fresh, tmp_path):
    # No commit of its own accord: all that follows the flush is in the log.
    server = fresh()
    meter = device.register(server, tmp_path, policies.EVERYTHING)
    positions = []
    with Client(server, meter) as client:
        for n in range(12):
            client.paho.publish("p", b"%d" % n, qos=1).wait_for_publish(10)
            if n == 3:
                server.flush()
            made = backup(server, tmp_path / f"at-{n}.tar")["about"]
            positions.append((made["position"], made["earliest_position"]))
            moment = time.time()
            if n == 8:
                half_way = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + (
                    f"{moment % 1:.6f}"[1:] + "Z")
                time.sleep(0.05)
    file = tmp_path / "at-11.tar"

    def restored(*point: str) -> list[int]:
        into = tmp_path / f"to-{len(list(tmp_path.glob('to-*')))}"
        restore(file, into, *point)
        with Server(into) as second:
            second.flush()
            return sorted(int(bytes.fromhex(line[5])) for line in rows(second))

    for n in (4, 7, 11):
        assert restored("--to-position", positions[n][0]) == list(range(n + 1))
    assert restored("--to-position", positions[11][1]) == list(range(4))
    assert restored("--to-time", half_way) == list(range(9))
    assert restored("--to-time", "2100-01-01T00:00:00Z") == list(range(12))
    target = ("--from", file, "--data", tmp_path / "never" / "data")
    for point in (("--to-position", positions[1][0]), ("--to-time", "2020-01-01T00:00:00Z"),
                  ("--to-position", "v1;1/0/77=5"), ("--to-position", "v1")):
        message = refusal("restore", *target, *point)
        assert "can't be restored to" in message and positions[11][1] in message, message
        assert not (tmp_path / "never" / "data").exists()
    assert "not a log position" in refusal("restore", *target, "--to-position", "yesterday")
    assert "not a time" in refusal("restore", *target, "--to-time", "yesterday")


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A small backup in clear and encrypted, its passphrase, and the rows of its server."""
    folder = tmp_path_factory.mktemp("sample")
    with Server(folder) as server:
        meter = device.register(server, folder, policies.EVERYTHING)
        with Client(server, meter) as client:
            for n in range(20):
                client.paho.publish("s", b"secret-%d" % n, qos=1).wait_for_publish(10)
        passphrase = folder / "passphrase"
        passphrase.write_text("correct horse battery\n")
        passphrase.chmod(0o600)
        backup(server, folder / "clear.tar")
        backup(server, folder / "sealed.tar.age", "--passphrase-file", str(passphrase))
        yield folder, rows(server)


def test_encrypted(sample, tmp_path):
    folder, first = sample
    sealed, passphrase = folder / "sealed.tar.age", folder / "passphrase"
    assert b"secret-1" not in sealed.read_bytes() and b"secret-1" in (folder / "clear.tar").read_bytes()
    target = ("--from", sealed, "--data", tmp_path / "x")
    assert "say --passphrase-file" in refusal("restore", *target)
    wrong = tmp_path / "wrong"
    wrong.write_text("correct horse\n")
    wrong.chmod(0o600)
    assert "wrong passphrase" in refusal("restore", *target, "--passphrase-file", wrong)
    damaged = bytearray(sealed.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / "damaged.age").write_bytes(damaged)
    message = refusal("restore", "--from", tmp_path / "damaged.age", "--data", tmp_path / "x",
                      "--passphrase-file", passphrase)
    assert "damaged" in message and "passphrase" not in message, message
    assert not (tmp_path / "x").exists()
    restore(sealed, tmp_path / "second", "--passphrase-file", str(passphrase))
    with Server(tmp_path / "second") as second:
        assert rows(second) == first
    for file in (sealed, folder / "clear.tar"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_people_are_told(sample, tmp_path):
    folder, _ = sample
    clear = str(folder / "clear.tar")
    shown = binary.run("backup", "show", "--from", clear).stdout
    assert "000000000001 (first)" in shown and "in the backup" in shown, shown
    about = json.loads(binary.run("backup", "show", "--from", clear, "--json").stdout)
    files = json.loads(binary.run("backup", "show", "--from", clear, "--files", "--json").stdout)
    assert files["about"] == about and len(files["files"]) == about["files"]
    with tarfile.open(clear) as tar:
        for file in files["files"]:
            content = tar.extractfile(file["name"]).read()
            assert hashlib.sha256(content).hexdigest() == file["sha256"]
    listed = json.loads(binary.run("backup", "list", str(folder), "--json").stdout)
    assert [(x["file"], x["encrypted"]) for x in listed] == [
        ("sealed.tar.age", True), ("clear.tar", False)]
    server = Server(folder)
    made = binary.run("backup", "--data", str(server.data), "--to", str(tmp_path))
    assert "holds the master key" in made.stderr and "acknowledged before" in made.stdout
    (named,) = tmp_path.glob("headwater-*Z.tar")
    there = refusal("backup", "--data", server.data, "--to", named)
    assert "is there already" in there and "--force" in there
    content = named.read_bytes()
    binary.run("backup", "--data", str(server.data), "--to", str(named), "--force")
    assert named.read_bytes() != content
    assert "not a data folder" in refused_as(3, "backup", "--data", tmp_path, "--to", tmp_path / "y")
    assert "can't be read" in refused_as(3, "restore", "--from", tmp_path / "none", "--data",
                                         tmp_path / "z")


def refused_as(code: int, *args) -> str:
    refused = binary.run(*map(str, args), check=False)
    assert refused.returncode == code, refused
    return refused.stderr


def altered(clear: pathlib.Path, to: pathlib.Path, change) -> pathlib.Path:
    """The backup, packed again by Python's tar as an attacker would, with `change(members)`."""
    with tarfile.open(clear) as tar:
        members = [(info, tar.extractfile(info).read()) for info in tar.getmembers()]
    with tarfile.open(to, "w", format=tarfile.USTAR_FORMAT) as tar:
        for info, content in change(members):
            tar.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return to


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, 4 if kind == tarfile.REGTYPE else 0
    return info


@pytest.mark.parametrize(("info", "why"), [
    (entry("../../outside"), "leads out"),
    (entry("/tmp/headwater-outside"), "absolute"),
    (entry("blobs/../../outside"), "leads out"),
    (entry("blobs/link", tarfile.SYMTYPE, "/etc/passwd"), "symbolic link"),
    (entry("blobs/link", tarfile.LNKTYPE, "catalog.db"), "hard link"),
    (entry("blobs/device", tarfile.CHRTYPE), "device"),
    (entry("blobs/pipe", tarfile.FIFOTYPE), "pipe"),
    (entry("blobs/folder", tarfile.DIRTYPE), "folder"),
])
def test_archives_made_to_do_harm(sample, tmp_path, info, why):
    folder, _ = sample
    evil = tmp_path / "evil.tar"
    own = (folder / "clear.tar").read_bytes()
    with tarfile.open(folder / "clear.tar") as tar:
        after = tar.getmembers()[1].offset
    block = io.BytesIO()
    with tarfile.open(fileobj=block, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        tar.addfile(info, io.BytesIO(b"evil") if info.isreg() else None)
        size = tar.offset
    evil.write_bytes(own[:after] + block.getvalue()[:size] + own[after:])
    place = tmp_path / "a" / "b" / "c"
    message = refusal("restore", "--from", evil, "--data", place)
    assert "not safe" in message or "not as headwater writes it" in message, message
    if info.type != tarfile.REGTYPE:
        assert why in message, message
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    assert left == {"evil.tar", "a", "a/b"}, left
    assert not pathlib.Path("/tmp/headwater-outside").exists()


def test_damaged_truncated_and_foreign_ones_leave_nothing(sample, tmp_path):
    folder, _ = sample
    own = (folder / "clear.tar").read_bytes()
    bad = tmp_path / "bad.tar"

    def message(content: bytes) -> str:
        bad.write_bytes(content)
        told = refusal("restore", "--from", bad, "--data", tmp_path / "data")
        assert refusal("backup", "verify", "--from", bad)
        assert [path.name for path in tmp_path.iterdir()] == ["bad.tar"]
        return told

    chance = random.Random(3)
    for cut in [0, 1, 511, 512, len(own) - 1, len(own) - 1024,
                *(chance.randrange(len(own)) for _ in range(8))]:
        assert "truncated" in message(own[:cut])
    for _ in range(12):
        flipped = bytearray(own)
        flipped[chance.randrange(len(own))] ^= 1 << chance.randrange(8)
        assert "damaged" in (told := message(bytes(flipped))) or "not a backup" in told
    assert "not a backup" in message(b"x" * 4096)
    assert "not a backup" in message((folder / "passphrase").read_bytes() * 100)
    packed = altered(folder / "clear.tar", tmp_path / "bad.tar", lambda members: members)
    assert "damaged" in message(packed.read_bytes())


def test_a_folder_that_is_not_empty_stays_as_it_is(sample, tmp_path):
    folder, _ = sample
    used = tmp_path / "used"
    used.mkdir()
    (used / "mine").write_text("mine")
    message = refusal("restore", "--from", folder / "clear.tar", "--data", used)
    assert "not empty" in message
    assert [path.name for path in used.iterdir()] == ["mine"]
    empty = tmp_path / "second" / "data"
    empty.mkdir(parents=True)
    restore(folder / "clear.tar", tmp_path / "second")
    assert not [path for path in empty.iterdir() if "restoring" in path.name]
    with Server(tmp_path / "second") as second:
        assert len(rows(second)) == 20


def killed(command: list[str], seconds: float):
    process = subprocess.Popen(command, env=binary.clean_environment(),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def test_killed_backups_and_restores_leave_nothing_that_looks_whole(fresh, tmp_path):
    server = fresh()
    meter = device.register(server, tmp_path, policies.EVERYTHING)
    with Client(server, meter) as client:
        for _ in range(60):
            client.paho.publish("k", os.urandom(100_000), qos=1).wait_for_publish(10)
    server.flush()
    file, whole = tmp_path / "k.tar", tmp_path / "whole.tar"
    began = time.monotonic()
    backup(server, whole)
    took, chance = time.monotonic() - began, random.Random(5)
    for _ in range(KILLS):
        killed([binary.path(), "backup", "--data", str(server.data), "--to", str(file)],
               chance.uniform(0, took))
        if file.exists():
            binary.run("backup", "verify", "--from", str(file))
            file.unlink()
    # The server lets go of everything as soon as it sees that nobody reads any more.
    waiting.until(lambda: binary.run("backup", "--data", str(server.data), "--to", str(file),
                                     check=False).returncode == 0, 20, "another backup")
    assert not list((server.data / "run").glob("backup-*"))
    began = time.monotonic()
    restore(whole, tmp_path / "probe")
    took = time.monotonic() - began
    for number in range(KILLS):
        home = tmp_path / f"home-{number}"
        (home / "data").mkdir(parents=True)
        if number % 2:
            (home / "data").rmdir()
        killed([binary.path(), "restore", "--from", str(whole), "--data", str(home / "data")],
               chance.uniform(0, took))
        check_after_a_kill(home, whole)


def check_after_a_kill(home: pathlib.Path, whole: pathlib.Path):
    """The folder is whole or no server starts on it; restoring again makes it whole."""
    data = home / "data"
    if not (data / "catalog.db").exists():
        for half in home.glob(".data.restoring"):
            assert "did not come to its end" in refusal("serve", "--data", half)
        if (data / ".restoring").exists():
            assert "did not come to its end" in refusal("serve", "--data", data)
        restore(whole, home)
    with Server(home) as second:
        assert sql.count(second, "select count(*) from messages") == 60
    # An empty file that a killed restore locked does no harm.
    left = {path.name for path in home.iterdir()} - {".data.restoring.lock"}
    assert left == {"data", "server.log"}
    shutil.rmtree(home)


def test_age_itself_opens_it(sample, tmp_path):
    """An encrypted backup is an age file: another implementation reads it."""
    age = shutil.which("age")
    folder, _ = sample
    pid, terminal = os.forkpty()
    if pid == 0:
        os.execv(age, ["age", "-d", "-o", str(tmp_path / "plain.tar"),
                       str(folder / "sealed.tar.age")])
    os.read(terminal, 1024)
    os.write(terminal, (folder / "passphrase").read_bytes())
    with contextlib.suppress(OSError):
        while os.read(terminal, 1024):
            pass
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert folders.contents(tmp_path).keys() == {"plain.tar"}
    binary.run("backup", "verify", "--from", str(tmp_path / "plain.tar"))
