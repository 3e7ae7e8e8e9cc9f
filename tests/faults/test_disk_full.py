# SPDX-License-Identifier: Apache-2.0
"""A full disk: a file system of 128 MB, filled by ingest and by others, again and again."""

import os
import pathlib
import threading
import time

import pytest
from botocore.exceptions import ClientError

from harness import device, policies, raw, sql
from harness.comparing import compare, ids_by_sql
from harness.disks import Mounted, image
from harness.ledger import Publisher
from harness.server import Server
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
    about = os.statvfs(disk)
    return about.f_bavail * about.f_frsize


def hog(disk: pathlib.Path, leave: int = 0) -> pathlib.Path:
    """Somebody else's file that takes what is free, but `leave` bytes."""
    file = disk / f"hog-{time.monotonic_ns()}"
    with open(file, "wb", buffering=0) as out:
        try:
            while (left := free(disk) - leave) > 0:
                out.write(bytes(min(left, 1 << 20)))
            while not leave:
                out.write(bytes(4096))
        except OSError:
            pass
    return file


def rate(publishers: list[Publisher], seconds: float) -> int:
    """How many messages are acknowledged within that time."""
    count = lambda: sum(len(p.acknowledged) for p in publishers)  # noqa: E731
    before = count()
    time.sleep(seconds)
    return count() - before


def log_status(server: Server) -> dict:
    return server.status()["log"]


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
