# SPDX-License-Identifier: Apache-2.0
"""Canaries: secrets go in everywhere a secret can, and come out nowhere. At trace level, with every
way of being wrong, since error paths are where secrets leak. test_canary_doors.py has the doors of
devices without a certificate."""

import base64
import json
import re
import secrets
import ssl
import struct
import urllib.parse

import boto3
import psycopg
import pytest
from botocore.config import Config

from harness import binary, device, policies, raw, signed, sql, web
from harness.cage import Cage, fetch
from harness.mqtt import Client
from harness.server import NotReady, Server
from harness.waiting import until


@pytest.fixture(scope="module")
def cage():
    return Cage()


@pytest.fixture(scope="module")
def house(cage, tmp_path_factory):
    """A server at trace level whose master key is a canary."""
    folder = tmp_path_factory.mktemp("canary")
    master = cage.keep("master key", secrets.token_hex(32))
    env = {"HEADWATER_LOG": "trace", "HEADWATER_LISTEN_METRICS": "127.0.0.1:0",
           "HEADWATER_MASTER_KEY": master}
    with Server(folder, env=env) as server:
        server.folder = folder
        cage.keep("API key", server.keys.api_key.split("_", 2)[2])
        cage.keep("AWS secret", server.keys.env["AWS_SECRET_ACCESS_KEY"])
        yield server


def test_ways_in_by_http(house, cage):
    """Authorization in every shape, sessions, presigned URLs; the answers are searched too."""
    keys = house.keys
    url = house.url("http")
    wrong = f"hw_0123456789abcdef_{cage.bird('wrong API key')}"
    for way, value in [
        ("bearer", f"Bearer {cage.bird('bearer')}"), ("shaped", f"Bearer {wrong}"),
        ("basic", "Basic " + base64.b64encode(cage.bird("basic").encode()).decode()),
        ("scheme", f"{cage.bird('scheme')} x"),
    ]:
        for path in ("/api/v1/status", "/api/v1/sql", "/nowhere"):
            cage.look(f"answer to {way}", fetch(url + path, {"Authorization": value}))
    cage.look("cookie", fetch(f"{url}/api/v1/status", {"Cookie": f"headwater={cage.bird('cookie')}"}))
    cage.look("open", fetch(f"{url}/open/{cage.bird('one-time link')}"))
    body = json.dumps({"api_key": cage.bird("session key")}).encode()
    head = {"Content-Type": "application/json", "Origin": url, "Sec-Fetch-Site": "same-origin"}
    cage.look("session", fetch(f"{url}/session", head, body))
    cage.look("session", fetch(f"{url}/session", head, body[:-2]))
    secret = cage.bird("wrong AWS secret", 40)
    refused = keys.client("iot", secret=secret)
    with pytest.raises(refused.exceptions.ClientError) as error:
        refused.list_things()
    cage.look("AWS refusal", str(error.value))
    cage.look("AWS refusal", json.dumps(error.value.response))
    token = cage.bird("session token")
    head = signed.headers(keys, "GET", "/things") | {"X-Amz-Security-Token": token}
    cage.look("AWS token", repr(signed.send(keys, "GET", "/things", None, head)))


def test_ways_in_by_people(house, cage):
    """Set-up link and passwords, right and wrong."""
    url = house.url("http")
    made = binary.run("setup-link", "--data", str(house.data)).stdout
    link = cage.keep("set-up link", re.search(r"#(\S+)", made)[1])
    head = {"Content-Type": "application/json", "Origin": url, "Sec-Fetch-Site": "same-origin"}

    def post(path: str, **body: str) -> bytes:
        answer = fetch(f"{url}/api/v1/{path}", head, json.dumps(body).encode())
        cage.look(f"answer of {path}", answer)
        return answer

    password = cage.bird("password")
    post("setup", token=cage.bird("wrong link"), name="boss", password=cage.bird("unused password"))
    post("setup", token=link, name="boss", password="short")
    assert b"error" not in post("setup", token=link, name="boss", password=password)
    post("session", name="boss", password=cage.bird("wrong password"))
    post("session", name=cage.bird("password as name"), password=password)
    post("session", name="boss", password=password, nonsense=cage.bird("unknown field"))
    # After wrong tries the right one waits.
    signed_in = lambda: b"error" not in post("session", name="boss", password=password)  # noqa: E731
    until(signed_in, 20, "signed in")


def test_ways_in_by_presigned_urls(house, cage):
    keys = house.keys
    client = boto3.client(
        "sts", endpoint_url=keys.env["AWS_ENDPOINT_URL"], region_name="us-east-1",
        aws_access_key_id=keys.env["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=cage.bird("presigning secret", 40),
        aws_session_token=cage.bird("presigned token"), verify=keys.env["AWS_CA_BUNDLE"],
        config=Config(retries={"max_attempts": 0}))
    url = client.generate_presigned_url("get_caller_identity")
    signature = urllib.parse.parse_qs(urllib.parse.urlparse(url).query)["X-Amz-Signature"][0]
    cage.keep("presigned signature", signature)
    context = ssl.create_default_context(cafile=keys.env["AWS_CA_BUNDLE"])
    cage.look("presigned", fetch(url, context=context))


def test_ways_in_by_mqtt(house, cage):
    sender = device.register(house, house.folder, policies.only_topics("yes/*"))
    for line in sender.key.read_text().splitlines()[1:3]:
        cage.keep(f"device key {len(cage.birds)}", line)
    for v5 in (False, True):
        client = Client(house, sender, v5=v5)
        client.paho.username_pw_set(cage.bird(f"MQTT user {v5}"), cage.bird(f"MQTT password {v5}"))
        with client:
            client.publish("yes/1", "1")
            client.send("no", cage.bird(f"payload {v5}"))
            client.seconds_to_cut()
    until(lambda: sql.count(house, "select count(*) from events where kind = 'publish'"), 5, "events")
    # Broken packets with a password in them, to a door that has not let them in.
    secrets_ = raw.text(cage.bird("raw user")) + raw.text(cage.bird("raw password"))
    head = raw.text("MQTT") + bytes([4, 0xC2]) + struct.pack(">H", 60) + raw.text("c")
    for body in (head + secrets_[:-3] + b"\xff\xff\xff", head + secrets_ + b"more", secrets_):
        with raw.Wire(house, sender) as wire:
            wire.send(raw.packet(0x10, body))
            cage.look("answer to a broken CONNECT", repr(wire.read()))


def test_what_a_thing_comes_in_with(house, cage):
    """Keys and passwords that are made for a device are told in one answer, and nowhere else."""
    ask = lambda path, body: web.ask(house, "POST", f"/api/v1/things{path}", body, **house.keys.bearer)
    assert ask("", {"name": "caged"}).status == 201
    made = ask("/caged/credentials", {"way": "certificate"}).json()["certificate"]
    for line in made["private_key_pem"].splitlines()[1:3]:
        cage.keep(f"key of a thing {len(cage.birds)}", line)
    made = ask("/caged/credentials", {"way": "password"}).json()["password"]
    cage.keep("password of a thing", made["password"])
    for body in ({"way": "password"}, {"way": "certificate", "csr": "none"}, {"way": "none"}):
        cage.look("refused credentials", ask("/caged/credentials", body).text)


def test_ways_in_by_sql(house, cage):
    env = house.keys.env
    # The first of those refused is told by its id, the others are counted with it.
    for password in (f"hw_0123456789abcdef_{cage.bird('PG key')}", cage.bird("PostgreSQL password")):
        with pytest.raises(psycopg.OperationalError) as error:
            psycopg.connect(host=env["PGHOST"], port=env["PGPORT"], user="u", password=password,
                            dbname="headwater", connect_timeout=5)
        cage.look("PostgreSQL refusal", str(error.value))
    seen = sql.event(house, "kind = 'login' and principal = '0123456789abcdef'")
    assert seen["outcome"] == "refused" and "API key" in seen["cause"]
    # The text of a statement is the caller's: it may stand in the answer to him, and nowhere else.
    for number, text in enumerate([
        "create user x password '{}'", "select * from telemetry where text = '{}'",
        "select '{}' from", "select nothing('{}')", "select 1 / (length('{}') - length('{}'))",
        "alter role x with password '{}'",
    ]):
        bird = cage.bird(f"SQL {number}")
        sql.post(house, {"sql": text.format(bird, bird)})
        sql.psql(house, text.format(bird, bird), check=False)
    sql.post(house, {"sql": "select $1", "params": [cage.bird("SQL parameter")]})
    sql.post(house, {"sql": "select $1::int", "params": [cage.bird("SQL bad parameter")]})


@pytest.mark.parametrize("name, value", [
    ("HEADWATER_MASTER_KEY", "{}"), ("HEADWATER_MASTER_KEY", "{}" + "0" * 64),
])
def test_settings_that_are_wrong(cage, tmp_path, name, value):
    server = Server(tmp_path, env={name: value.format(cage.bird(f"{name} {len(value)}")),
                                   "HEADWATER_LOG": "trace"})
    with pytest.raises(NotReady) as refused:
        server.start()
    cage.look(f"start with a wrong {name}", str(refused.value))
    assert "master key" in str(refused.value)


def test_a_credential_of_systemd(cage, tmp_path):
    """The master key in a file outside of the data folder: used, told to nobody, in no backup."""
    given = tmp_path / "credentials"
    given.mkdir()
    file = given / "headwater-master-key"
    file.write_text(cage.keep("credential", secrets.token_hex(32)) + "\n")
    env = {"CREDENTIALS_DIRECTORY": str(given), "HEADWATER_LOG": "trace"}
    with Server(tmp_path, env=env) as server:
        data = str(server.data)
        device.register(server, tmp_path, policies.EVERYTHING)
        plain = tmp_path / "plain.tar"
        for words in (("backup", "--to", str(plain)), ("doctor", "--json"),
                      ("sql", "select * from events", "--json")):
            done = binary.run(*words, "--data", data, check=False)
            cage.look(f"{words[0]} with a credential", done.stdout + done.stderr)
        server.stop()
    assert not (server.data / "secrets" / "master.key").exists()
    done = binary.run("doctor", "--data", data, "--json", env=env, check=False)
    assert "opens what is sealed" in done.stdout
    cage.look("doctor of a stopped folder", done.stdout + done.stderr)
    for place in (plain, server.log, *(one for one in server.data.rglob("*") if one.is_file())):
        cage.look(f"{place.name} with a credential", place.read_bytes())
    file.write_text(cage.bird("wrong credential"))
    with pytest.raises(NotReady) as refused:
        server.start()
    assert "master key" in str(refused.value)
    cage.look("start with a wrong credential", str(refused.value))


def test_the_command_line(house, cage, tmp_path):
    bird = cage.bird("--api-key")
    for args, env in [
        (("--api-key", bird), {}), ((), {"HEADWATER_API_KEY": cage.bird("HEADWATER_API_KEY")}),
    ]:
        for url in (house.url("http"), "http://127.0.0.1:1"):
            done = binary.run("sql", "select 1", "--url", url, *args, env=env, check=False)
            assert done.returncode != 0
            cage.look("command line", done.stdout + done.stderr)
    done = binary.run("sql", "--help", env={"HEADWATER_API_KEY": bird})
    cage.look("help", done.stdout + done.stderr)
    phrase = tmp_path / "phrase"
    phrase.write_text(cage.bird("pass phrase"))
    phrase.chmod(0o600)
    sealed = tmp_path / "sealed.age"
    done = binary.run("backup", "--data", str(house.data), "--to", str(sealed),
                      "--passphrase-file", str(phrase))
    cage.look("backup", done.stdout + done.stderr)
    cage.look("sealed backup", sealed.read_bytes())
    phrase.write_text(cage.bird("wrong pass phrase"))
    done = binary.run("restore", "--from", str(sealed), "--data", str(tmp_path / "r"),
                      "--passphrase-file", str(phrase), check=False)
    assert done.returncode != 0
    cage.look("restore", done.stdout + done.stderr)


def test_nothing_has_come_out(house, cage, tmp_path):
    """Last: everything that says something, searched for every canary."""
    cage.search(house, tmp_path, ("device-1", "c"))
    assert len(cage.birds) > 30, cage.birds.keys()
    assert cage.escaped() == []
