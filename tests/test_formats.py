# SPDX-License-Identifier: Apache-2.0
"""Folders of earlier releases open and answer as they did; those of newer ones are not touched."""

import json
import random
import subprocess
import time

import pytest

from harness import binary, device, folders, sql
from harness.keys import Keys
from harness.mqtt import Client
from harness.server import Server

KILLS = 20


def with_keys(server: Server, expected: dict) -> Server:
    """The keys that were made by the old release, at the doors of this server."""
    old = expected["keys"]
    doors = {
        "AWS_ENDPOINT_URL": server.url("https"), "AWS_CA_BUNDLE": server.endpoints["ca"],
        "PGHOST": "127.0.0.1", "PGPORT": str(server.address("postgres")[1]),
        "PGUSER": "headwater", "PGPASSWORD": old["HEADWATER_API_KEY"], "PGDATABASE": "headwater",
    }
    server._keys = Keys({**old, **doors})
    return server


def answers(server: Server, expected: dict) -> dict:
    found = {query: sql.post(server, {"sql": query})[1] for query in expected["answers"]}
    return {query: [list(map(str, row)) for row in answer["rows"]]
            for query, answer in found.items()}


def same(expected: dict) -> dict:
    return {query: [list(map(str, row)) for row in answer["rows"]]
            for query, answer in expected["answers"].items()}


def wait_for_rows(server: Server, expected: dict):
    """What is still in the log is visible soon after the start."""
    query, want = next(iter(same(expected).items()))
    until = time.monotonic() + 10
    while answers(server, {"answers": {query: None}})[query] != want:
        assert time.monotonic() < until, (query, want, server.log_tail())
        time.sleep(0.05)


@pytest.mark.parametrize("release", folders.releases())
def test_a_folder_of_that_release_opens_and_answers_as_it_did(release, tmp_path):
    expected = folders.unpack(release, tmp_path)
    with Server(tmp_path) as server:
        with_keys(server, expected)
        wait_for_rows(server, expected)
        assert answers(server, expected) == same(expected)
        server.flush()
        assert answers(server, expected) == same(expected), "the same once all is in files"
        iot = server.keys.client("iot")
        names = {thing["thingName"] for thing in iot.list_things()["things"]}
        assert names == {"meter-1", "meter-2", "valve-7"}
        assert iot.describe_thing(thingName="valve-7")["attributes"] == {"site": "north", "dn": "80"}
        described = iot.describe_certificate(certificateId=expected["inactive"])
        assert described["certificateDescription"]["status"] == "INACTIVE"
        reader = {"Authorization": f"Bearer {expected['read_keys']['api_key']}"}
        assert sql.post(server, {"sql": "select 1"}, reader)[0] == 200
        old = expected["device"]
        meter = device.from_pem(server, tmp_path, old["name"], old["certificate"], old["key"])
        with Client(server, meter) as client:
            client.paho.publish("meters/meter-1", b'{"flow": 99}', qos=1).wait_for_publish(10)
        server.stop()
        with_keys(server.start(), expected)
        server.flush()
        count = sql.count(server, "select count(*) from telemetry where value = 99")
        assert count == 1, "it goes on from there"
        assert (server.data / "format.json").exists()


@pytest.mark.parametrize("release", folders.releases())
def test_migrate_is_the_same_and_survives_kills(release, tmp_path):
    expected = folders.unpack(release, tmp_path)
    data = str(tmp_path / "data")
    command = [binary.path(), "migrate", "--data", data]
    whole = folders.unpack(release, tmp_path / "whole") and tmp_path / "whole" / "data"
    began = time.monotonic()
    binary.run("migrate", "--data", str(whole))
    took = time.monotonic() - began
    chance = random.Random(7)
    for _ in range(KILLS):
        process = subprocess.Popen(command, env=binary.clean_environment(),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, took))
        process.kill()
        process.wait()
    done = json.loads(binary.run("migrate", "--data", data, "--json").stdout)
    assert binary.run("migrate", "--data", data).stdout.endswith("nothing to do.\n"), done
    with Server(tmp_path) as server:
        with_keys(server, expected)
        wait_for_rows(server, expected)
        assert answers(server, expected) == same(expected)


@pytest.mark.parametrize("part", ["catalog", "log", "folder", "something of a later release"])
def test_a_newer_folder_is_refused_and_not_touched(part, tmp_path):
    with Server(tmp_path) as server:
        server.stop()
    file = tmp_path / "data" / "format.json"
    formats = json.loads(file.read_text())
    formats["headwater"] = "7.0.1"
    formats["formats"][part] = 900
    file.write_text(json.dumps(formats))
    before = folders.contents(tmp_path / "data")
    data = str(tmp_path / "data")
    for command in (["serve"], ["migrate"], ["backup", "--to", str(tmp_path / "b.tar")]):
        refused = binary.run(*command, "--data", data, check=False)
        assert refused.returncode == 1 and part in refused.stderr, refused
        assert "Use headwater 7.0.1 or newer" in refused.stderr and not refused.stdout, refused
    assert folders.contents(tmp_path / "data") == before
    assert not (tmp_path / "b.tar").exists()
