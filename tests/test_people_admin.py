# SPDX-License-Identifier: Apache-2.0
"""Administration by the people's API: things and their credentials, certificates, policies, messages;
what is made is tried by devices that come in with it."""

import dataclasses
import hashlib
import json
import ssl
import subprocess

import pytest

from harness import binary, device, mqtt, policies, sql, web
from harness.waiting import until
from test_doors_publish import curl

KINDS = {400: "invalid", 403: "denied", 404: "not_found", 409: "conflict", 413: "limit"}


@dataclasses.dataclass
class Admin:
    """Asks with a key; an answer of another status is a failure."""
    server: object
    key: str

    def __call__(self, method: str, path: str, body=None, status: int = 200):
        answer = web.ask(self.server, method, "/api/v1" + path, body, **web.bearer(self.key))
        assert answer.status == status, (method, path, answer.status, answer.text)
        if status >= 400:
            assert answer.json()["error"]["kind"] == KINDS[status], answer.text
        return answer.json() if answer.body else None


@pytest.fixture(scope="module")
def admin(server):
    return Admin(server, server.keys.api_key)


@pytest.fixture(scope="module")
def reader(server):
    made = binary.run("keys", "create", "--role", "read", "--format", "json", "--data", str(server.data))
    return Admin(server, json.loads(made.stdout)["HEADWATER_API_KEY"])


@pytest.fixture
def thing(server, admin, request):
    """The name of a new thing; it and what it comes in with are gone afterwards."""
    name = "admin-" + "".join(c if c.isalnum() else "-" for c in request.node.name)[:50]
    made = admin("POST", "/things", {"name": name}, 201)
    assert (made["version"], made["type"], made["connected"]) == (1, None, False)
    yield name
    left = web.ask(server, "GET", f"/api/v1/things/{name}", **server.keys.bearer)
    if left.status == 200:
        version = left.json()["version"]
        admin("DELETE", f"/things/{name}?version={version}&credentials=true", status=204)


class Trusting(device.Device):
    """A device without a certificate."""

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca))


def come_in(server, folder, name: str, made: dict) -> mqtt.Client:
    """A client with credentials that were made; passwords are taken by the port `https`."""
    if made["certificate"]:
        given = made["certificate"]
        return mqtt.Client(server, device.from_pem(
            server, folder, name, given["pem"], given["private_key_pem"]))
    client = mqtt.Client(server, Trusting(name, folder, folder, server.endpoints["ca"]))
    client.port = server.address("https")[1]
    client.paho.username_pw_set(made["password"]["user_name"], made["password"]["password"])
    return client


@pytest.mark.parametrize("way", ["certificate", "password"])
def test_a_device_comes_in_with_what_was_made(server, admin, thing, tmp_path, way):
    made = admin("POST", f"/things/{thing}/credentials", {"way": way}, 201)
    assert made["policy"] == "headwater-device" and (made["certificate"] is None) == (way == "password")
    assert made["ca_pem"] == open(server.endpoints["ca"]).read()
    topic = f"devices/{thing}/telemetry"
    client = come_in(server, tmp_path, thing, made).connect()
    assert client.subscribe(f"devices/{thing}/commands") == [1]
    assert client.subscribe("devices/+/commands") == [0x80], "others' are not its own"
    client.publish(topic, json.dumps({"temp": 21.5}))
    shown = admin("GET", f"/things/{thing}")
    assert shown["connected"] and shown["last_seen"]
    assert [(one["client_id"], one["state"]) for one in shown["clients"]] == [(thing, "connected")]
    assert {one["metric"]: one["value"] for one in shown["values"]} == {"temp": 21.5}
    listed = admin("GET", f"/things?prefix={thing}")["things"]
    assert [one["connected"] for one in listed] == [True]
    (message,) = admin("GET", f"/messages?thing={thing}")["messages"]
    assert message["topic"] == topic and message["payload"] == {"temp": 21.5}

    told = admin("POST", "/messages", {"topic": f"devices/{thing}/commands", "payload": {"open": True}}, 202)
    got = client.receive()
    assert (got.topic, got.payload) == (f"devices/{thing}/commands", b'{"open": true}')
    by_trace = f"select principal from messages where trace_id = '{told['trace_id']}'"
    (principal,) = until(lambda: sql.rows(server, by_trace), 5, "the row of the command")
    assert principal == [f"api-key/{server.keys.api_key.split('_')[1]}"]

    asked = [{"action": "iot:Connect", "topic": thing}, {"action": "iot:Publish", "topic": topic},
             {"action": "iot:Publish", "topic": "devices/another/telemetry"}]
    said = admin("POST", "/authorizations", {"thing": thing, "actions": asked})["results"]
    assert [one["decision"] for one in said] == ["allowed", "allowed", "implicit_deny"]
    assert said[0]["allowed_by"] == said[2]["silent"] == ["headwater-device"]
    client.send("devices/another/telemetry")
    client.seconds_to_cut()
    client.close()


@pytest.mark.parametrize("way", ["certificate", "password"])
def test_a_thing_goes_with_its_credentials(server, admin, thing, tmp_path, way):
    made = admin("POST", f"/things/{thing}/credentials", {"way": way}, 201)
    client = come_in(server, tmp_path, thing, made).connect()
    principals = admin("GET", f"/things/{thing}/principals")
    assert [len(principals[kind]) for kind in ("certificates", "mqtt_users")] == (
        [1, 0] if way == "certificate" else [0, 1])
    changed = admin("PATCH", f"/things/{thing}", {"version": 1, "attributes": {"site": "north"}})
    assert changed["version"] == 2 and changed["connected"] is True
    admin("PATCH", f"/things/{thing}", {"version": 1, "attributes": {}}, 409)
    admin("DELETE", f"/things/{thing}?version=1&credentials=true", status=409)
    refused = admin("DELETE", f"/things/{thing}?version=2", status=409)
    assert "credentials=true" in refused["error"]["message"]
    assert client.paho.is_connected(), "what was refused did nothing"
    admin("DELETE", f"/things/{thing}?version=2&credentials=true", status=204)
    client.seconds_to_cut()
    with pytest.raises(mqtt.Refused):
        come_in(server, tmp_path, thing, made).connect()
    admin("GET", f"/things/{thing}", status=404)
    if way == "certificate":
        admin("GET", f"/certificates/{made['certificate']['id']}", status=404)
    client.close()


def test_https_publish_with_the_device_policy(server, admin, thing, tmp_path):
    made = admin("POST", f"/things/{thing}/credentials", {"way": "certificate"}, 201)
    given = made["certificate"]
    who = device.from_pem(server, tmp_path, thing, given["pem"], given["private_key_pem"])
    assert curl(server, f"/topics/devices%2F{thing}%2Ftelemetry?qos=1", b"1", who)[0] == 200
    assert curl(server, "/topics/devices%2Fanother%2Ftelemetry?qos=1", b"1", who)[0] == 403


def test_a_device_that_keeps_its_key(server, admin, thing, tmp_path):
    key, request = tmp_path / "own.key", tmp_path / "own.csr"
    subprocess.run(
        ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-subj", "/CN=another", "-keyout", key, "-out", request], check=True, capture_output=True)
    made = admin("POST", f"/things/{thing}/credentials",
                 {"way": "certificate", "csr": request.read_text()}, 201)["certificate"]
    assert made["private_key_pem"] is None
    assert admin("GET", f"/certificates/{made['id']}")["subject"] == f"CN={thing}"
    own = device.from_pem(server, tmp_path, thing, made["pem"], key.read_text())
    with mqtt.Client(server, own) as client:
        client.publish(f"devices/{thing}/telemetry", "1")


def test_a_certificate_that_somebody_else_made(server, admin, thing, tmp_path):
    pem, key = tmp_path / "other.pem", tmp_path / "other.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=other", "-addext", "basicConstraints=critical,CA:FALSE",
         "-keyout", key, "-out", pem], check=True, capture_output=True)
    other = device.from_pem(server, tmp_path, f"{thing}-client", pem.read_text(), key.read_text())
    with pytest.raises(mqtt.Refused):
        mqtt.Client(server, other).connect()
    made = admin("POST", "/certificates", {"pem": other.certificate.read_text()}, 201)
    path, policy = f"/certificates/{made['id']}", f"{thing}-policy"
    assert (made["status"], made["things"], made["policies"]) == ("ACTIVE", [], [])
    admin("POST", "/policies", {"name": policy, "document": json.loads(policies.EVERYTHING)}, 201)
    admin("PUT", f"{path}/policies/{policy}", status=204)
    admin("PUT", f"{path}/things/{thing}", status=204)
    found = admin("GET", f"/certificates?search={policy}")["certificates"]
    assert [(one["id"], one["things"]) for one in found] == [(made["id"], [thing])]
    client = mqtt.Client(server, other).connect()
    client.publish("admin/other", "1")
    assert admin("GET", f"/things/{thing}")["connected"], "by a client id that is not its name"
    admin("DELETE", path, status=409)
    assert admin("PATCH", path, {"status": "INACTIVE"})["status"] == "INACTIVE"
    client.seconds_to_cut()
    client.close()
    admin("DELETE", path, status=409)
    admin("DELETE", f"/policies/{policy}", status=409)
    admin("DELETE", f"{path}?force=true", status=204)
    admin("DELETE", f"/policies/{policy}", status=204)


def allowed(client: mqtt.Client, topic: str):
    """Waits until a change has come to a live connection. A shard gives a tenth of its time to changes,
    so that one right behind another waits a moment; a denied SUBSCRIBE does not cut the connection."""
    until(lambda: client.subscribe(topic) == [1], 5, f"{topic} is allowed")
    client.paho.unsubscribe(topic)
    assert client._answer() is not None


def test_a_policy_is_changed_under_a_live_connection(server, admin, thing, tmp_path):
    name = f"{thing}-policy"
    document = lambda topic: json.loads(policies.only_topics(topic))
    bad = admin("POST", "/policy-check", {"document": '{"Version": "2012-10-17"'})
    assert not bad["valid"] and bad["problems"][0]["message"]
    assert admin("POST", "/policy-check", {"document": document("a")}) == {"valid": True, "problems": []}
    assert admin("POST", "/policies", {"name": name, "document": document("admin/a")}, 201)["version"] == 1
    made = admin("POST", f"/things/{thing}/credentials", {"way": "certificate", "policy": name}, 201)
    client = come_in(server, tmp_path, thing, made).connect()
    client.publish("admin/a", "1")
    changed = admin("PUT", f"/policies/{name}", {"version": 1, "document": document("admin/b")})
    assert changed["version"] == 2 and changed["document"] == document("admin/b")
    assert changed["targets"] == [{"kind": "certificate", "id": made["certificate"]["id"]}]
    stale = admin("PUT", f"/policies/{name}", {"version": 1, "document": document("admin/c")}, 409)
    assert "version 2" in stale["error"]["message"]
    allowed(client, "admin/b")
    client.publish("admin/b", "1")
    assert admin("PUT", f"/policies/{name}/default", {"version": 1})["version"] == 1
    allowed(client, "admin/a")
    client.publish("admin/a", "1")
    assert admin("GET", f"/policies/{name}/versions/2")["document"] == document("admin/b")
    client.send("admin/b")
    client.seconds_to_cut()
    client.close()
    listed = admin("GET", "/policies?limit=1000")["policies"]
    assert {"name": name, "version": 1, "targets": 1}.items() <= next(
        one for one in listed if one["name"] == name).items()
    version = admin("GET", f"/things/{thing}")["version"]
    admin("DELETE", f"/things/{thing}?version={version}&credentials=true", status=204)
    admin("DELETE", f"/policies/{name}", status=204)


def test_messages_that_people_publish(server, admin, register):
    with mqtt.Client(server, register()) as client:
        client.subscribe("admin/said/#")
        for n, (form, payload) in enumerate([
                ({"payload": [1.10, None]}, b"[1.1, null]"), ({"payload": None}, b"null"),
                ({"text": "é"}, "é".encode()), ({"base64": "/wA="}, b"\xff\0")]):
            admin("POST", "/messages", {"topic": f"admin/said/{n}", **form}, 202)
            got = client.receive()
            assert (got.topic, got.payload) == (f"admin/said/{n}", payload)
    admin("POST", "/messages", {"topic": "admin/kept", "text": "x", "retain": True, "qos": 0}, 202)
    kept = until(lambda: admin("GET", "/retained?filter=admin/kept")["retained"], 5, "a retained message")
    assert kept[0]["text"] == "x"
    admin("DELETE", "/retained?filter=admin/kept")
    for body in ({"topic": "a"}, {"topic": "a", "text": "x", "payload": 1}, {"topic": "a/#", "text": "x"},
                 {"topic": "a", "base64": "?"}, {"topic": "a", "text": "x", "qos": 2}):
        admin("POST", "/messages", body, 400)
    admin("POST", "/messages", {"topic": "a", "text": "x" * (256 * 1024 + 1)}, 413)
    reserved = web.ask(server, "POST", "/api/v1/messages", {"topic": "$SYS/x", "text": "x"},
                       **server.keys.bearer)
    assert reserved.status in (400, 403), reserved.text


def test_a_person_is_who_sends(fresh):
    server = fresh()
    person = web.administrator(server)
    said = person.ask("POST", "/api/v1/messages", {"topic": "admin/person", "text": "x"})
    assert said.status == 202, said.text
    where = f"select principal from messages where trace_id = '{said.json()['trace_id']}'"
    assert until(lambda: sql.rows(server, where), 5, "the row") == [["user/ada"]]
    socket = web.ask_socket(server, "POST", "/api/v1/messages", {"topic": "admin/socket", "text": "x"})
    assert socket.status == 202, socket.text
    where = f"select principal from messages where trace_id = '{socket.json()['trace_id']}'"
    assert until(lambda: sql.rows(server, where), 5, "the row") == [["admin/socket"]]


def test_where_the_server_is_and_what_it_shows(server, admin):
    reach = admin("GET", "/reach")
    for name, port in reach["ports"].items():
        assert port == (server.address(name)[1] if name in server.endpoints else None), name
    assert reach["loopback_only"]["mqtts"] and not reach["loopback_only"]["mqtt"]
    assert reach["hosts"][0] == {"name": "localhost", "covered": True, "public": False, "why": "public_host"}
    assert {"127.0.0.1", "::1"} <= {one["name"] for one in reach["hosts"] if one["covered"]}
    assert reach["mqtts_passwords"] is False
    ca, shown = admin("GET", "/authorities")["authorities"]
    assert ca["pem"] == reach["ca_pem"] == open(server.endpoints["ca"]).read()
    at_the_door = ssl.get_server_certificate(server.address("mqtts"))
    assert shown["sha256"] == hashlib.sha256(ssl.PEM_cert_to_DER_cert(at_the_door)).hexdigest()
    assert shown["names"] == ["127.0.0.1", "::1", "localhost"]
    assert 390 < shown["days_left"] < 398 and shown["warning"] is None


def test_tables_in_words(server, admin, register):
    with mqtt.Client(server, register()) as client:
        client.publish("admin/tables", json.dumps({"a": 1}))
    tables = {one["name"]: one for one in admin("GET", "/tables")["tables"]}
    assert {"messages", "telemetry", "events"} <= set(tables)
    columns = {one["name"]: one for one in tables["telemetry"]["columns"]}
    assert columns["value"]["type"] == "double precision" and columns["time"]["about"]
    with sql.connect(server) as connection:
        cursor = connection.execute("select * from telemetry limit 0")
        assert [column.name for column in cursor.description] == list(columns)


def test_who_reads_reads_alone(server, admin, reader, thing):
    made = admin("POST", f"/things/{thing}/credentials", {"way": "certificate"}, 201)
    certificate = f"/certificates/{made['certificate']['id']}"
    for path in ("/things", f"/things/{thing}", f"/things/{thing}/principals", "/certificates", certificate,
                 "/policies", "/policies/headwater-device", "/policies/headwater-device/versions/1",
                 "/authorities", "/reach", "/tables"):
        assert "PRIVATE KEY" not in json.dumps(reader("GET", path))
    asked = {"thing": thing, "actions": [{"action": "iot:Connect", "topic": thing}]}
    assert reader("POST", "/authorizations", asked)["results"][0]["decision"] == "allowed"
    assert reader("POST", "/policy-check", {"document": {}})["valid"] is False
    for method, path, body in [
            ("POST", "/things", {"name": "x"}), ("PATCH", f"/things/{thing}", {"version": 1}),
            ("DELETE", f"/things/{thing}?version=1&credentials=true", None),
            ("POST", f"/things/{thing}/credentials", {"way": "certificate"}),
            ("POST", "/certificates", {"pem": "x"}), ("PATCH", certificate, {"status": "INACTIVE"}),
            ("DELETE", f"{certificate}?force=true", None),
            ("PUT", f"{certificate}/policies/headwater-device", None),
            ("DELETE", f"{certificate}/policies/headwater-device", None),
            ("PUT", f"{certificate}/things/{thing}", None),
            ("DELETE", f"{certificate}/things/{thing}", None),
            ("PUT", "/groups/x/policies/headwater-device", None),
            ("DELETE", "/groups/x/policies/headwater-device", None),
            ("POST", "/policies", {"name": "x", "document": {}}),
            ("PUT", "/policies/headwater-device", {"version": 1, "document": {}}),
            ("PUT", "/policies/headwater-device/default", {"version": 1}),
            ("DELETE", "/policies/headwater-device", None),
            ("POST", "/messages", {"topic": "a", "text": "x"})]:
        reader(method, path, body, 403)
    assert admin("GET", f"/things/{thing}")["version"] == 1
    assert admin("GET", certificate)["status"] == "ACTIVE"
