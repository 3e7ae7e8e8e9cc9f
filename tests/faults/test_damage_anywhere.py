# SPDX-License-Identifier: Apache-2.0
"""Damage in any file of a stopped server: never a panic, never a wrong answer.

Each trial damages one file of a copy and starts a server on it. It starts, or it names the damage.
What it then answers is right, or an error, or a loss that it tells of; and what has nothing to do
with the damaged file is right. `HEADWATER_DAMAGES` (200; quick part: 6), `HEADWATER_DAMAGED` (a part
of the names of the kinds of files that are damaged).
"""

import collections
import json
import os
import shutil

import psycopg
import pytest
from botocore.exceptions import ClientError

from harness import device, policies, sql
from harness.mqtt import Client
from harness.server import NotReady, Server
from harness.waiting import until

from . import conftest
from .damaging import Damage, damage, groups

TRIALS = int(os.environ.get("HEADWATER_DAMAGES", "200" if conftest.FULL else "6"))
ONLY = os.environ.get("HEADWATER_DAMAGED", "")
FLUSHED, WAITING, THINGS = 1200, 400, 40


class Truth:
    """A folder whose content is known: rows in files, rows in the log alone, things and policies.
    One copy was stopped in order, one killed."""

    def __init__(self, folder):
        self.rows = {}
        server = Server(folder)
        with server:
            self.sender = device.register(server, folder, policies.only_topics("truth/*"))
            self._registry(server)
            for start, count in ((0, FLUSHED // 2), (FLUSHED // 2, FLUSHED // 2), (FLUSHED, WAITING)):
                with Client(server, self.sender) as client:
                    for number in range(start, start + count):
                        self.rows[number] = payload(number)
                        client.send("truth/rows", self.rows[number])
                    client.publish("truth/end", b"{}")
                if start < FLUSHED:
                    server.flush()
            # Damage at rest comes later than the last write: the catalog has settled by then.
            until(lambda: (server.data / "catalog.db-wal").stat().st_size == 0, 10, "an empty log")
            self.killed = folder / "killed"
            server.kill()
            shutil.copytree(server.data, self.killed, ignore=shutil.ignore_patterns("*.sock"))
            server.start()
            until(lambda: rows_of(server) == self.rows, 10, "all rows are there")
            assert registry_of(server) == self.things
            assert server.stop() == 0
        self.stopped = server.data

    def _registry(self, server):
        iot = server.keys.client("iot")
        self.things = {self.sender.name: {}}
        for number in range(THINGS):
            name = f"truth-{number}"
            self.things[name] = {"serial": f"{number:06}", "place": "hall-" + "x" * (number % 30)}
            iot.create_thing(thingName=name, attributePayload={"attributes": self.things[name]})


def payload(number: int) -> bytes:
    text = {"number": number, "text": "".join(chr(97 + (number * k) % 26) for k in range(120))}
    return json.dumps(text).encode()


def rows_of(server) -> dict[int, bytes]:
    with sql.connect(server) as connection:
        found = connection.execute("select payload from messages where topic = 'truth/rows'")
        rows = [bytes(row[0]) for row in found.fetchall()]
    by_number = {json.loads(row)["number"]: row for row in rows}
    assert len(by_number) == len(rows), "a row is there twice"
    return by_number


def numbers_of(server) -> list[float]:
    with sql.connect(server) as connection:
        found = connection.execute("select value from telemetry where topic = 'truth/rows' "
                                   "and metric = 'number' order by value")
        return [row[0] for row in found.fetchall()]


def registry_of(server) -> dict[str, dict]:
    iot = server.keys.client("iot")
    pages = iot.get_paginator("list_things").paginate()
    return {thing["thingName"]: thing["attributes"] for page in pages for thing in page["things"]}


@pytest.fixture(scope="module")
def truth(tmp_path_factory) -> Truth:
    return Truth(tmp_path_factory.mktemp("truth"))


class Trial:
    """One damaged copy, and what became of it."""

    def __init__(self, folder, truth: Truth, data, chance):
        self.truth = truth
        self.was_killed = data == truth.killed
        self.server = Server(folder)
        shutil.copytree(data, self.server.data, ignore=shutil.ignore_patterns("*.sock"))
        kinds = {kind: files for kind, files in groups(self.server.data).items() if ONLY in kind}
        self.kind = chance.choice(sorted(kinds))
        self.damage: Damage = damage(chance.choice(kinds[self.kind]), chance)
        self.outcomes: list[str] = []

    def fail(self, what: str):
        raise AssertionError(f"{self.kind}: {self.damage}\n{what}\n{self.server.log_tail(30)}")

    def run(self) -> str:
        """In a word, how it went: `right`, `told`, `refused` (the start)."""
        try:
            self.server.start()
        except NotReady as refused:
            self.no_panic()
            words = str(refused).splitlines()
            if "ended with 1" not in words[0] or not words[-1].startswith("error: "):
                self.fail("it must end with an error in words")
            return f"refused: {words[-1]}"
        try:
            return self.look()
        finally:
            self.server.kill()
            self.no_panic()

    def no_panic(self):
        if "panicked" in self.server.log.read_text():
            self.fail("a panic")

    def look(self) -> str:
        told = []
        self.about("messages", told, self.messages)
        self.about("telemetry", told, self.telemetry)
        self.about("registry", told, self.registry)
        return "told: " + "; ".join(told) if told else "right"

    def about(self, what: str, told: list[str], check):
        try:
            answer = check()
        except (psycopg.Error, ClientError) as error:
            words = " ".join(str(error).split())
            if not self.may_hurt(what):
                self.fail(f"{what} has nothing to do with it, but: {words}")
            if "damaged" not in words:
                self.fail(f"{what}: the error does not name damage: {words}")
            told.append(f"{what}: {words}")
        else:
            if answer:
                told.append(f"{what}: {answer}")

    def may_hurt(self, what: str) -> bool:
        if self.kind.startswith(("data file", "manifest", "metadata")):
            return self.kind.endswith(what)
        return self.kind in ("catalog", "catalog's log") or (
            self.kind.startswith("log") and what != "registry")

    def messages(self) -> str | None:
        wanted = self.truth.rows
        found = self.settled(lambda: rows_of(self.server), wanted)
        wrong = [number for number, row in found.items() if wanted.get(number) != row]
        if wrong:
            self.fail(f"rows that are not as they were sent: {wrong[:5]}")
        return self.missing("messages", wanted.keys() - found.keys())

    def telemetry(self) -> str | None:
        wanted = [float(number) for number in sorted(self.truth.rows)]
        found = self.settled(lambda: numbers_of(self.server), wanted)
        if set(found) - set(wanted) or len(set(found)) != len(found):
            self.fail(f"values that were never sent, or twice: {set(found) - set(wanted)}")
        return self.missing("telemetry", set(wanted) - set(found))

    def settled(self, ask, wanted):
        """What is waiting in the log comes within a moment; what is lost does not."""
        try:
            return until(lambda: (found := ask()) == wanted and found, 2, "all rows")
        except AssertionError:
            return ask()

    def missing(self, what: str, gone: set) -> str | None:
        if not gone:
            return None
        if not self.kind.startswith("log"):
            self.fail(f"{len(gone)} rows of {what} are missing: {sorted(gone)[:5]}")
        if any(number < FLUSHED for number in gone):
            self.fail(f"rows are missing that were in files: {sorted(gone)[:5]}")
        last = max(self.truth.rows)
        if self.was_killed and sorted(gone) == list(range(last - len(gone) + 1, last + 1)):
            # As a crash leaves it: nobody can tell it from a write that was never acknowledged.
            return f"{len(gone)} rows are lost with the end of a log that was left open"
        event = sql.event(self.server, "kind = 'log' and outcome in ('damaged', 'lost')", 5)
        return f"{len(gone)} rows of the log are lost, with an event: {event['cause']}"

    def registry(self) -> str | None:
        found = registry_of(self.server)
        if found != self.truth.things:
            self.fail(f"the registry answers wrongly: {found.items() ^ self.truth.things.items()}")
        return None


@pytest.mark.timeout(60 + 10 * TRIALS)
def test_never_a_panic_and_never_a_wrong_answer(truth, chance, tmp_path):
    summary, faults = collections.defaultdict(collections.Counter), []
    for number in range(TRIALS):
        folder = tmp_path / f"trial-{number}"
        folder.mkdir()
        trial = Trial(folder, truth, chance.choice((truth.stopped, truth.killed)), chance)
        try:
            outcome = trial.run()
        except AssertionError as fault:
            outcome = f"FAULT: {fault}"
            faults.append(outcome)
        print(f"{number + 1}/{TRIALS} {trial.kind}, {trial.damage.kind}: {outcome}", flush=True)
        summary[trial.kind][outcome.split(":")[0]] += 1
        shutil.rmtree(folder)
    for kind, outcomes in sorted(summary.items()):
        print(f"{kind:28} " + ", ".join(f"{n} {what}" for what, n in sorted(outcomes.items())))
    assert not faults, f"{len(faults)} of {TRIALS}:\n" + "\n\n".join(faults[:5])
