# SPDX-License-Identifier: Apache-2.0
"""A wall clock that jumps while the server runs, by libfaketime and a file that it reads.

Jumps forward and back by an hour, a day and 400 days. The monotonic clock stays true, as it does
when somebody sets a machine's clock.
"""

import glob
import os
import pathlib
import time

import pytest
from botocore.exceptions import ClientError

from harness import device, policies, raw, sql
from harness.mqtt import Client, Refused
from harness.waiting import until

from . import conftest

LIBRARY = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)
JUMPS = ["+1h", "-1h", "+400d", "-1d", "+0"] if conftest.FULL else ["+400d", "-1d"]
RESTARTS = ["-1d", "+400d", "+0"] if conftest.FULL else []
SECONDS = {"h": 3600, "d": 86400}

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


def test_ingest_and_sql_go_on_and_nothing_is_deleted(fresh, clock, tmp_path):
    server = fresh(env=clock.env)
    sender = device.register(server, tmp_path, policies.only_topics("clock/*"))
    sent = 0
    with Client(server, sender) as client:
        for offset in ["+0", *JUMPS]:
            jump(server, clock, offset)
            for _ in range(10):
                client.publish("clock/steady", f'{{"number": {sent}}}'.encode())
                sent += 1
            server.flush()
            rows = sql.rows(server, "select trace_id, value from telemetry "
                                    "where topic = 'clock/steady' order by value")
            print(f"clock at {offset}: {len(rows)} of {sent} rows", flush=True)
            assert [int(float(value)) for _, value in rows] == list(range(sent))
            assert sorted(rows) == rows, "trace ids rise with the order of arrival"
            near = sql.count(server, "select count(*) from messages where topic = 'clock/steady' "
                                     "and abs(extract(epoch from time - now())) < 60")
            assert near >= 10, "a message has the time that the server had"
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
