# SPDX-License-Identifier: Apache-2.0
"""A full disk: a file system of 128 MB, filled by ingest and by others, again and again."""

import errno
import os
import pathlib
import threading
import time

import pytest
from botocore.exceptions import ClientError

from harness import binary, device, policies, raw, sql
from harness.comparing import compare, ids_by_sql
from harness.disks import Mounted, image
from harness.ledger import Publisher
from harness.server import NotReady, Server
from harness.waiting import until

ROUNDS = int(os.environ.get("HEADWATER_FULL_ROUNDS", "10"))
DISK_BYTES = 128 << 20
RESUMES_SECONDS_MAX = 10

pytestmark = [pytest.mark.full, pytest.mark.disks, pytest.mark.timeout(900)]


class Heavy(Publisher):
    """Fills disks: 16 KB that no codec makes smaller."""

    def _payload(self, message: str) -> bytes:
        body = super()._payload(message)
        return body[:-1] + b', "noise": "' + os.urandom(8192).hex().encode() + b'"}'


@pytest.fixture
def small(disk_folder, tmp_path):
    """A server on a disk of its own, and the disk's folder."""
    with Mounted(image(disk_folder / "small.img", "ext4", DISK_BYTES), disk_folder / "disk") as disk:
        server = Server(disk)
        server.log = tmp_path / "server.log"
        with server:
            yield server, disk


def free(disk: pathlib.Path) -> int:
    """Bytes that root may still use: these tests run as root, and so does their server."""
    about = os.statvfs(disk)
    return about.f_bfree * about.f_frsize


def hog(disk: pathlib.Path, leave: int = 0) -> pathlib.Path:
    """Somebody else's file that takes what is free, but `leave` bytes."""
    file = disk / f"hog-{time.monotonic_ns()}"
    with open(file, "wb", buffering=0) as out:
        # What the file system sets aside for a write comes back when it is on disk.
        for step in (1 << 20, 64 << 10, 4096, 4096):
            try:
                while (left := free(disk) - leave) > 0 or not leave:
                    out.write(bytes(max(1, min(left, step))))
            except OSError as full:
                assert full.errno == errno.ENOSPC
            os.fsync(out)
    return file


def rate(publishers: list[Publisher], seconds: float) -> int:
    """How many messages are acknowledged within that time."""
    count = lambda: sum(len(p.acknowledged) for p in publishers)  # noqa: E731
    before = count()
    time.sleep(seconds)
    return count() - before


def test_fills_and_goes_on_ten_times(small, tmp_path):
    server, disk = small
    up = threading.Event()
    up.set()
    devices = [device.register(server, tmp_path, policies.only_topics("ledger/*"))
               for _ in range(4)]
    publishers = [Heavy(server, one, up, again=True, version=4 if number % 2 else 5)
                  for number, one in enumerate(devices)]
    for publisher in publishers:
        publisher.start()
    iot, resumed = server.keys.client("iot"), []
    # Who has not begun yet looks like who has stopped.
    until(lambda: rate(publishers, 0.05) > 0, 30, "the first acknowledgements")
    for number in range(ROUNDS):
        hogs = [hog(disk, leave=12 << 20)]
        until(lambda: rate(publishers, 1.5) == 0, 60, "acknowledgements stop on a full disk")
        assert server.running()
        # What people do on a full disk: look, and throw things away.
        assert sql.count(server, "select count(*) from messages") > 0
        iot.create_thing(thingName=f"round-{number}")
        iot.delete_thing(thingName=f"round-{number}")
        status, _ = sql.post(server, {"sql": "select count(*) from telemetry"})
        assert status == 200
        hogs.append(hog(disk))
        assert rate(publishers, 1) == 0
        assert sql.count(server, "select count(*) from messages") > 0
        for file in hogs:
            file.unlink()
        began = time.monotonic()
        until(lambda: rate(publishers, 0.05) > 0, RESUMES_SECONDS_MAX, "ingest goes on")
        resumed.append(time.monotonic() - began)
        print(f"round {number + 1}/{ROUNDS}: full, then on after {resumed[-1]:.2f} s", flush=True)
    quota = sum(p.refused.get(0x97, 0) for p in publishers)
    cut = sum(p.connections for p in publishers) - len(publishers)
    for publisher in publishers:
        publisher.end()
    for publisher in publishers:
        publisher.join(30)
    assert not [p.failure for p in publishers if p.failure]
    verdict = compare(server, publishers)
    print(f"{verdict}; 0x97 {quota} times, {cut} connections of MQTT 3.1.1 cut; "
          f"longest wait {max(resumed):.2f} s", flush=True)
    assert not verdict.faults(), verdict.faults()
    assert quota and cut
    assert server.stop() == 0
    server.start()
    assert ids_by_sql(server).keys() >= {m for p in publishers for m in p.acknowledged}


def test_a_disk_without_a_byte_left_is_said_to_everybody(small, tmp_path):
    server, disk = small
    sender = device.register(server, tmp_path, policies.only_topics("ledger/*"))
    iot = server.keys.client("iot")
    iot.create_thing(thingName="before")
    full = hog(disk)

    with pytest.raises(ClientError) as refused:
        for number in range(200):
            iot.create_thing(thingName=f"on-a-full-disk-{number}")
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 503, answer
    assert "disk is full" in answer["Error"]["Message"], answer
    assert iot.describe_thing(thingName="before")["version"] == 1

    with raw.Wire(server, sender) as wire:
        wire.open(sender.name)
        for number in range(50):
            wire.send(raw.publish("ledger/quiet", b'{"id": "quiet"}', qos=0))
        until(lambda: server.status()["broker"]["dropped_not_kept"] == 50, 5, "they are counted")
        wire.send(raw.publish("ledger/quiet", b'{"id": "loud"}', packet_id=1))
        assert wire.read()[0] == 0, "MQTT 3.1.1 has no word for it: the connection closes"
    assert server.status()["log"]["full"]
    assert server.running()

    full.unlink()
    with raw.Wire(server, sender) as wire:
        wire.open(sender.name)
        wire.send(raw.publish("ledger/quiet", b'{"id": "again"}', packet_id=1))
        assert wire.read()[0] == raw.PUBACK
    assert server.status()["log"]["full"] is None
    iot.create_thing(thingName="after")
    assert sql.event(server, "kind = 'publish' and outcome = 'dropped'", seconds=20)


def test_it_starts_or_says_what_is_missing(small, tmp_path):
    server, disk = small
    sender = device.register(server, tmp_path, policies.only_topics("ledger/*"))
    publisher = filled(server, sender, 20)
    full = None
    for leave in (16 << 20, 8 << 20, 1 << 20, 32 << 10, 16 << 10, 8 << 10, 0):
        server.kill()
        # It makes this one anew, and finds none after a copy or a clean end.
        (server.data / "catalog.db-shm").unlink(missing_ok=True)
        if full:
            full.unlink()
        full = hog(disk, leave=leave)
        try:
            server.start()
        except NotReady as refused:
            print(f"with {leave} bytes left: {str(refused).splitlines()[-1]}", flush=True)
            assert "full" in str(refused) or "No space left" in str(refused), refused
            # ext4 keeps some 2.6 MB of such a disk for itself.
            assert leave < 4 << 20, "a few megabytes are enough to start"
        else:
            print(f"with {leave} bytes left: starts", flush=True)
            until(lambda: ids_by_sql(server).keys() >= publisher.acknowledged.keys(), 5, "all rows")
    server.kill()
    full.unlink()
    server.start()
    verdict = compare(server, [publisher])
    assert verdict.acknowledged and not verdict.faults(), verdict.faults()


def test_a_commit_that_finds_no_room_leaves_nothing_behind(small, tmp_path):
    server, disk = small
    sender = device.register(server, tmp_path, policies.only_topics("ledger/*"))
    publishers = []
    for leave in (0, 16 << 10, 64 << 10, 400 << 10, 1 << 20):
        publishers.append(filled(server, sender, 20))
        full = hog(disk, leave=leave)
        sizes = []
        for _ in range(4):
            sizes.append(data_files(server))
            flushed = binary.run("lake", "flush", "--data", str(server.data), check=False)
            if flushed.returncode == 0:
                break
            assert "full" in flushed.stderr, flushed.stderr
            assert sql.count(server, "select count(*) from messages") > 0
        print(f"with {leave} bytes left: {flushed.stderr.strip() or 'committed'}", flush=True)
        if flushed.returncode:
            # The first try may have committed one table, and then the other had no room.
            assert sizes[1] == sizes[2] == sizes[3], "tries in vain must not fill the disk"
        full.unlink()
    verdict = compare(server, publishers)
    assert verdict.acknowledged and not verdict.faults(), verdict.faults()


def data_files(server: Server) -> int:
    """How many files with messages there are, and files that lead to them."""
    lake = server.data / "blobs" / "lake"
    return sum(1 for table in ("messages", "telemetry") for _ in lake.glob(f"*/{table}/**/*.*"))


def filled(server: Server, sender: device.Device, count: int) -> Publisher:
    """A publisher that has sent at least so many messages, and has ended."""
    up = threading.Event()
    up.set()
    publisher = Heavy(server, sender, up, again=True)
    publisher.skip(time.monotonic_ns())
    publisher.start()
    until(lambda: len(publisher.acknowledged) >= count, 20, "acknowledgements")
    publisher.end()
    publisher.join(20)
    return publisher
