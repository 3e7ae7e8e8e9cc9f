# SPDX-License-Identifier: Apache-2.0
"""A wall clock that jumps while the server runs, by libfaketime and a file that it reads.

Jumps forward and back by an hour, a day and 400 days. The monotonic clock stays true, as it does
when somebody sets a machine's clock. Rows are to be kept for 30 days.
"""

import glob
import json
import os
import pathlib
import time

import pytest
from botocore.exceptions import ClientError

from harness import binary, device, lake, policies, raw, sql
from harness.mqtt import Client, Refused
from harness.waiting import until

from . import conftest

LIBRARY = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)
JUMPS = ["+1h", "-1h", "+400d", "-1d", "+0"] if conftest.FULL else ["+400d", "-1d"]
RESTARTS = ["-1d", "+400d", "+0"] if conftest.FULL else []
SECONDS = {"h": 3600, "d": 86400}
KEPT = {"HEADWATER_RETENTION_MESSAGES_DAYS": "30", "HEADWATER_RETENTION_TELEMETRY_DAYS": "30"}

pytestmark = pytest.mark.skipif(
    not LIBRARY, reason="NOT TESTED HERE: needs libfaketime (`scripts/install.sh faults`)")


class Clock:
    """The server's wall clock, as an offset from the true one."""

    def __init__(self, file: pathlib.Path):
        self.file = file
        self.env = {
            "LD_PRELOAD": LIBRARY, "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.jump("+0")

    def jump(self, offset: str):
        aside = self.file.with_suffix(".new")
        aside.write_text(offset + "\n")
        os.replace(aside, self.file)


def offset_seconds(jump: str) -> int:
    return int(jump[:-1]) * SECONDS[jump[-1]] if jump[-1] in SECONDS else 0


def server_clock(server) -> float:
    """How far the server's clock is from ours, in seconds."""
    return sql.count(server, "select cast(extract(epoch from now()) as bigint)") - time.time()


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path / "clock")


def jump(server, clock, offset: str):
    clock.jump(offset)
    until(lambda: abs(server_clock(server) - offset_seconds(offset)) < 5, 10, f"clock at {offset}")


def upkeep(server, duty: str, *args: str) -> dict:
    """A round, as somebody asks for it: its report, of which nothing has failed."""
    done = binary.run("lake", duty, *args, "--json", "--data", str(server.data))
    report = json.loads(done.stdout)
    assert not [table for table in report["tables"] if table["error"]], report
    return report


def manifest_lists(server) -> set[str]:
    """What snapshots that are kept begin with, of all tables."""
    return {str(file) for file in (server.data / "blobs").rglob("snap-*.avro")}


def tidy_up_after_a_jump(server, offset: str):
    """Every part of upkeep; none of it deletes anything by the clock that has jumped."""
    before = manifest_lists(server)
    upkeep(server, "compact")
    assert before <= manifest_lists(server), "who opened a table before has an hour to read it"
    retained = upkeep(server, "retain")
    assert retained["tables"] == []
    waits = retained["waits"] or ""
    assert ("headwater lake retain --confirm-clock" in waits) == (offset == "+400d"), waits
    for duty in ("expire", "sweep"):
        report = upkeep(server, duty)
        assert report["tables"] == [] and "the clock has jumped: nothing goes for" in report["waits"]
    assert before <= manifest_lists(server)


def test_ingest_and_sql_go_on_and_nothing_is_deleted(fresh, clock, tmp_path):
    server = fresh(env={**clock.env, **KEPT})
    sender = device.register(server, tmp_path, policies.only_topics("clock/*"))
    sent = 0
    with Client(server, sender) as client:
        for offset in ["+0", *JUMPS]:
            jump(server, clock, offset)
            for _ in range(10):
                client.publish("clock/steady", f'{{"number": {sent}}}'.encode())
                sent += 1
            server.flush()
            if offset not in ("+0", "+1h"):
                tidy_up_after_a_jump(server, offset)
            rows = sql.rows(server, "select trace_id, value from telemetry "
                                    "where topic = 'clock/steady' order by value")
            print(f"clock at {offset}: {len(rows)} of {sent} rows", flush=True)
            assert [int(float(value)) for _, value in rows] == list(range(sent))
            assert sorted(rows) == rows, "trace ids rise with the order of arrival"
            near = sql.count(server, "select count(*) from messages where topic = 'clock/steady' "
                                     "and abs(extract(epoch from time - now())) < 60")
            assert near >= 10, "a message has the time that the server had"
            assert lake.duck_count(server, "messages") == sent
        assert not client.cut.is_set(), "one connection lived through all of it"
    for offset in RESTARTS:
        server.kill()
        clock.jump(offset)
        server.start()
        if offset == "-1d":
            # Certificates are judged at new handshakes: to this clock, this one is not valid yet.
            with pytest.raises(Refused):
                Client(server, sender).connect()
            assert "valid" in sql.event(server, "kind = 'connect'")["cause"]
            continue
        with Client(server, sender, any_time=offset != "+0") as client:
            client.publish("clock/steady", f'{{"number": {sent}}}'.encode())
            sent += 1
        server.flush()
        assert sql.count(server, "select count(*) from messages where topic = 'clock/steady'") == sent


def test_days_go_once_the_clock_is_confirmed(fresh, clock, tmp_path):
    server = fresh(env={**clock.env, **KEPT})
    sender = device.register(server, tmp_path, policies.only_topics("clock/*"))
    with Client(server, sender) as client:
        client.publish("clock/old", b'{"number": 1}')
        server.flush()
        jump(server, clock, "+31d")
        client.publish("clock/new", b'{"number": 2}')
        server.flush()
    topics = "select topic from messages order by topic"
    assert upkeep(server, "retain")["tables"] == []
    said = binary.run("lake", "retain", "--data", str(server.data)).stdout
    assert "Dropped nothing" in said and "hours ahead" in said and "--confirm-clock" in said, said
    assert sql.rows(server, topics) == [["clock/new"], ["clock/old"]]
    report = upkeep(server, "retain", "--confirm-clock")
    done = {table["table"]: table["done"] for table in report["tables"]}
    assert report["waits"] is None and done.keys() == {"messages", "telemetry"}
    assert done["messages"]["days"] == done["messages"]["rows"] == 1
    assert sql.rows(server, topics) == [["clock/new"]]
    assert lake.duck_count(server, "messages") == lake.duck_count(server, "telemetry") == 1
    assert upkeep(server, "retain")["tables"] == [], "and the clock stays confirmed"


def test_keep_alive_is_measured_by_the_monotonic_clock(fresh, clock, tmp_path):
    server = fresh(env=clock.env)
    sender = device.register(server, tmp_path, policies.only_topics("clock/*"))
    with raw.Wire(server, sender, seconds=8) as patient, raw.Wire(server, sender, 8) as hasty:
        patient.send(raw.connect("patient", keep_alive=600))
        assert patient.read()[0] == raw.CONNACK
        clock.jump("+400d")
        time.sleep(1.5)
        hasty.send(raw.connect("hasty", keep_alive=2))
        assert hasty.read()[0] == raw.CONNACK
        began = time.monotonic()
        clock.jump("-1d")
        while hasty.read()[0]:
            pass
        assert 2.5 < time.monotonic() - began < 5, "one and a half times two seconds"
        patient.send(raw.PINGREQ)
        assert patient.read()[0] == raw.PINGRESP, "ten minutes are not over"


def test_a_request_of_another_time_is_told_so(fresh, clock):
    server = fresh(env=clock.env)
    iot = server.keys.client("iot")
    iot.create_thing(thingName="before")
    jump(server, clock, "+1h")
    with pytest.raises(ClientError) as refused:
        iot.create_thing(thingName="during")
    error = refused.value.response["Error"]
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert "time" in error["Message"].lower() or "expired" in error["Message"].lower(), error
    jump(server, clock, "+0")
    iot.create_thing(thingName="after")
