# SPDX-License-Identifier: Apache-2.0
"""Folders of earlier releases open and answer as they did; those of newer ones are not touched."""

import json
import random
import subprocess
import time

import pytest

from harness import authorizer, binary, device, folders, kept_sessions, sql, web
from harness.keys import Keys
from harness.mqtt import Client
from harness.server import Server
from harness.web import OWN_PAGE
from test_doors_authorizers import IN, OUT, answer, user

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


def holds(answer, kept) -> bool:
    """Whether that is said still; a later release may say more."""
    if isinstance(kept, dict):
        return all(name in answer and holds(answer[name], value) for name, value in kept.items())
    if isinstance(kept, list):
        return len(answer) == len(kept) and all(map(holds, answer, kept))
    return answer == kept


@pytest.mark.parametrize("release", [name for name in folders.releases() if "shown" in folders.facts(name)])
def test_types_groups_and_dashboards_of_that_release_are_there(release, tmp_path):
    expected = folders.unpack(release, tmp_path)
    with Server(tmp_path) as server:
        keys = with_keys(server, expected).keys.bearer
        for path, kept in expected["shown"].items():
            answer = web.ask(server, "GET", f"/api/v1/{path}", **keys).json()
            assert holds(answer, kept), (path, answer, kept)


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


def old_device(server: Server, folder, expected: dict) -> device.Device:
    old = expected["device"]
    return device.from_pem(server, folder, old["name"], old["certificate"], old["key"])


def nothing_is_damaged(server: Server):
    server.flush()
    bad = "select kind, outcome, cause from events where outcome in ('damaged', 'lost')"
    assert sql.post(server, {"sql": bad})[1]["rows"] == []
    assert "damage" not in server.log_tail(1000)


@pytest.mark.parametrize("release", folders.with_backups())
def test_sessions_of_that_release_go_on(release, tmp_path):
    expected = folders.unpack(release, tmp_path)
    data = tmp_path / "data"
    kept = {path.name for path in data.rglob("*")}
    assert {"closed", "catalog.db.sums", "lived-time.txt"} <= kept
    lived = (data / "blobs/lake/lived-time.txt").read_text()
    with Server(tmp_path) as server:
        with_keys(server, expected)
        kept_sessions.go_on(server, old_device(server, tmp_path, expected))
        nothing_is_damaged(server)
        assert not (data / "log/closed").exists()
        assert (data / "blobs/lake/lived-time.txt").read_text() >= lived
        assert server.stop() == 0


@pytest.mark.parametrize("release", folders.with_backups())
def test_whoever_could_log_in_still_can(release, tmp_path):
    expected = folders.unpack(release, tmp_path)
    function, issuer = authorizer.Function(), authorizer.Issuer()
    function.answer = lambda _: issuer.key_set()
    env = {"HEADWATER_AUTHORIZERS_PRIVATE_ALLOWED": "true"}
    with Server(tmp_path, env=env) as server:
        with_keys(server, expected)
        pump = expected["mqtt_user"]
        assert answer(server, pump["name"], pump["password"].encode(), door="https") == IN
        assert answer(server, pump["name"], b"wrong", door="https") == OUT
        assert web.ask(server, "POST", "/api/v1/session", expected["person"], **OWN_PAGE).status == 200
        wrong = {**expected["person"], "password": "another one of that length"}
        assert web.ask(server, "POST", "/api/v1/session", wrong, **OWN_PAGE).status == 401
        iot = server.keys.client("iot")
        tokens = iot.describe_authorizer(authorizerName="tokens")["authorizerDescription"]
        rules = expected["authorizer"]
        assert (tokens["authorizerFunctionArn"], tokens["status"]) == (rules, "ACTIVE")
        # Its issuer is nowhere: the same rules, with keys that this test has.
        keys = "https%3A%2F%2Fissuer.example%2Fkeys"
        assert keys in rules
        iot.update_authorizer(authorizerName="tokens",
                              authorizerFunctionArn=rules.replace(keys, function.url))
        assert answer(server, user("tokens"), issuer.token().encode(), door="https") == IN
    function.close()


@pytest.mark.parametrize("release", folders.with_backups())
def test_marks_of_that_release_find_damage(release, tmp_path):
    """The end of the closed log, and the checksums of the catalog's pages and of objects."""
    expected = folders.unpack(release, tmp_path / "log")
    segments = (tmp_path / "log/data/log").glob("*.seg")
    last = max((path for path in segments if path.stat().st_size > 1000), key=lambda path: path.name)
    last.write_bytes(last.read_bytes()[:-600])
    with Server(tmp_path / "log") as server:
        with_keys(server, expected)
        assert "damage" in sql.event(server, "kind = 'log' and outcome = 'damaged'", 10)["cause"]

    folders.unpack(release, tmp_path / "catalog")
    catalog = tmp_path / "catalog/data/catalog.db"
    content = bytearray(catalog.read_bytes())
    content[-100] ^= 1
    catalog.write_bytes(content)
    refused = binary.run("migrate", "--data", str(catalog.parent), check=False)
    assert refused.returncode == 1 and "damaged" in refused.stderr, refused

    folders.unpack(release, tmp_path / "object")
    binary.run("migrate", "--data", str(tmp_path / "object/data"))
    with open(tmp_path / "object/data" / expected["damaged"], "r+b") as content:
        content.write(b"?")
    refused = binary.run("backup", "--data", str(tmp_path / "object/data"), "--to",
                         str(tmp_path / "b.tar"), check=False)
    assert refused.returncode == 1 and expected["damaged"] in refused.stderr, refused


@pytest.mark.parametrize("name", ["backup", "backup.age", "damaged"])
@pytest.mark.parametrize("release", folders.with_backups())
def test_a_backup_of_that_release_restores_and_answers_as_it_did(release, name, tmp_path):
    expected = folders.facts(release)
    file = folders.archive(release, name, tmp_path)
    secret = tmp_path / "passphrase"
    secret.write_text(expected["passphrase"])
    secret.chmod(0o600)
    from_file = ["--from", str(file)]
    if name.endswith(".age"):
        from_file += ["--passphrase-file", str(secret)]
    binary.run("backup", "verify", *from_file)
    done = binary.run("restore", *from_file, "--data", str(tmp_path / "data"), "--json")
    damaged = json.loads(done.stdout).get("damaged", [])
    assert damaged == ([expected["damaged"]] if name == "damaged" else [])
    with Server(tmp_path) as server:
        with_keys(server, expected)
        if damaged:
            status, told = sql.post(server, {"sql": "select payload from messages"})
            assert status != 200 and "is damaged" in str(told), told
            queries = [query for query in expected["answers"] if "from telemetry" in query]
            expected["answers"] = {query: expected["answers"][query] for query in queries}
        wait_for_rows(server, expected)
        assert answers(server, expected) == same(expected)
        kept_sessions.go_on(server, old_device(server, tmp_path, expected))
        if not damaged:
            nothing_is_damaged(server)


def test_a_backup_does_not_upgrade_a_folder(tmp_path):
    """The backup before an upgrade is the old release's: it must be able to read it."""
    folders.unpack("0.1.0-step1", tmp_path)
    data, to = tmp_path / "data", tmp_path / "before.tar"
    before = folders.contents(data)
    command = ("backup", "--data", str(data), "--to", str(to))
    refused = binary.run(*command, check=False)
    assert refused.returncode == 1 and not refused.stdout, refused
    for word in ("headwater 0.1.0", "headwater migrate", "nothing was changed"):
        assert word in refused.stderr, refused
    assert folders.contents(data) == before and not (data / "run").exists()
    assert not list(tmp_path.glob("before*"))
    binary.run("migrate", "--data", str(data))
    binary.run(*command)
    assert to.exists()


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
