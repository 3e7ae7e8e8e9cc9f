# SPDX-License-Identifier: Apache-2.0
"""Input/output errors: a write or a sync that fails is never taken for one that worked.

The kernel may throw a page away whose write failed, and says so once: a second sync of the same
file would lie. So nothing more is acknowledged until a restart has read what is really there.
"""

import threading
import time

import pytest
from botocore.exceptions import ClientError

from harness import binary, device, policies, sql
from harness.comparing import compare
from harness.ledger import Publisher
from harness.waiting import until

from .failing import SYNCS, WRITES, FailingDisk


@pytest.fixture
def disk(tmp_path):
    return FailingDisk(tmp_path)


@pytest.fixture
def load(fresh, disk, tmp_path):
    """A server on the disk, with two publishers that send all the time."""
    server, up = fresh(env=disk.env), threading.Event()
    up.set()
    server.publishers = []
    for version in (4, 5):
        sender = device.register(server, tmp_path, policies.only_topics("ledger/*"))
        server.publishers.append(Publisher(server, sender, up, again=True, version=version))
    for publisher in server.publishers:
        publisher.start()
    until(lambda: acknowledged(server) > 50, 10, "acknowledgements")
    yield server
    for publisher in server.publishers:
        publisher.end()


def acknowledged(server) -> int:
    return sum(len(publisher.acknowledged) for publisher in server.publishers)


def ends_well(server):
    """All that was ever acknowledged is there."""
    for publisher in server.publishers:
        publisher.end()
    for publisher in server.publishers:
        publisher.join(20)
        assert not publisher.failure, publisher.failure
    verdict = compare(server, server.publishers)
    print(verdict, flush=True)
    assert verdict.acknowledged > 50 and not verdict.faults(), verdict.faults()


@pytest.mark.parametrize("calls", [
    pytest.param(SYNCS, id="sync"), pytest.param(WRITES, id="write", marks=pytest.mark.full)])
def test_the_log_stops_for_good_and_says_so(load, disk, calls):
    disk.fail("/log/0", calls)
    until(lambda: disk.failed, 5, "a call that fails")
    time.sleep(0.2)
    stopped = acknowledged(load)
    disk.heal()
    syncs = disk.syncs
    time.sleep(1)
    assert acknowledged(load) == stopped, "nothing is acknowledged after the first failure"
    assert disk.syncs == syncs, "the file is never synced again"
    assert "Input/output error" in load.status()["log"]["failed"]
    assert "the log has stopped" in load.log_tail(1000)
    assert sql.count(load, "select count(*) from messages") > 0, "SQL goes on"
    load.keys.client("iot").create_thing(thingName="registry-goes-on")

    load.stop(20)
    load.start()
    assert load.status()["log"]["failed"] is None
    until(lambda: acknowledged(load) > stopped, 10, "acknowledgements after the restart")
    ends_well(load)


@pytest.mark.full
def test_a_commit_that_fails_is_made_again(load, disk):
    disk.fail("/blobs/", SYNCS)
    refused = binary.run("lake", "flush", "--data", str(load.data), check=False)
    assert refused.returncode == 1 and "Input/output error" in refused.stderr, refused.stderr
    before = acknowledged(load)
    until(lambda: acknowledged(load) > before, 5, "ingest goes on: the log has it all")
    ingest = next(w for w in load.status()["workers"] if w["name"] == "lake.ingest")
    assert "Input/output error" in ingest["last_error"], ingest
    disk.heal()
    ends_well(load)


def test_a_registry_write_that_fails_is_an_error(load, disk):
    iot = load.keys.client("iot")
    iot.create_thing(thingName="kept")
    disk.fail("/catalog.db", SYNCS)
    with pytest.raises(ClientError) as refused:
        iot.create_thing(thingName="refused")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert disk.failed
    disk.heal()
    iot.create_thing(thingName="again")
    load.kill()
    load.start()
    iot = load.keys.client("iot")
    for name in ("kept", "again"):
        assert iot.describe_thing(thingName=name)["thingName"] == name
    ends_well(load)
