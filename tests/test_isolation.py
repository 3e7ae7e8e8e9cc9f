# SPDX-License-Identifier: Apache-2.0
"""What one account holds is nothing to another: every route of the OpenAPI document, with the
other's identifiers, for every kind of caller; the stream; SQL; the AWS APIs."""

import http.client
import json

import pytest
from botocore.exceptions import ClientError

from harness import binary, device, policies, sql, web
from harness.keys import Keys
from harness.lasting import Lasting
from harness.mqtt import Client
from harness.server import Server
from harness.waiting import until

OTHER = "123456789012"
#: Names the first account's thing and user.
SECRET = "canary-of-account-one"
#: Topic and text of its message.
CONTENT = "what-account-one-said"
#: Topic that its thing may not publish to: it stands in an event.
REFUSED = "what-account-one-may-not-say"
PASSWORD = "a long enough one"


class House:
    """A server with two accounts; the first one holds what the second must not see."""

    def __init__(self, server: Server, folder):
        self.server = server
        data = ["--data", str(server.data)]
        binary.run("accounts", "create", "Other", "--id", OTHER, *data)
        make = lambda *more: Keys.parse(binary.run("keys", "create", "--format", "env", *data, *more).stdout)
        self.first, self.other = make(), make("--account", OTHER)
        read = binary.run("keys", "create", "--role", "read", "--format", "json", "--account", OTHER, *data)
        self.reader = json.loads(read.stdout)["HEADWATER_API_KEY"]
        self.owner = web.administrator(server, name=SECRET)
        self.person = web.administrator(server, OTHER, "eve")
        server._keys = self.first
        silenced = policies.deny("iot:Publish", policies.arn(f"topic/{REFUSED}"))
        may = policies.document(policies.allow("iot:*"), silenced)
        self.thing = device.register(server, folder, may, SECRET)
        iot = self.first.client("iot")
        iot.create_thing_group(thingGroupName=SECRET, tags=[{"Key": SECRET, "Value": SECRET}])
        iot.add_thing_to_thing_group(thingGroupName=SECRET, thingName=SECRET)
        iot.update_thing(thingName=SECRET, attributePayload={"attributes": {"lat": "1", "lon": "2"}, "merge": True})
        self.say()
        self.be_refused()
        with sql.connect(server) as connection:
            said = f"select trace_id from messages where topic = '{CONTENT}'"
            (self.trace,) = connection.execute(said).fetchone()
        binary.run("mqtt-users", "add", SECRET, *data)
        self.first.client("iot").create_thing_type(thingTypeName=SECRET)
        units = [{"type": SECRET, "metric": SECRET, "unit": "l"}]
        assert self.owner.ask("PUT", "/api/v1/units", {"version": 0, "units": units}).status == 200
        for kind, more in (("dashboards", {"widgets": []}), ("queries", {"sql": SECRET})):
            made = self.owner.ask("POST", f"/api/v1/{kind}", {"id": SECRET, "title": SECRET, **more})
            assert made.status == 201, made.text
        session = Lasting(server, self.thing).connect()
        session.subscribe(SECRET, 1)
        session.leave()
        self.key_id = self.first.api_key.split("_")[1]
        (session,) = self.owner.ask("GET", "/api/v1/sessions").json()["sessions"]
        self.session_id = session["id"]

    def say(self):
        with Client(self.server, self.thing) as client:
            client.publish(CONTENT, json.dumps({SECRET: 1, "text": CONTENT}))
            client.paho.publish(CONTENT, CONTENT, 1, retain=True).wait_for_publish(10)
        count = f"select count(*) from messages where topic = '{CONTENT}'"
        until(lambda: sql.count(self.server, count) > 0, 5, "the message")

    def be_refused(self):
        with Client(self.server, self.thing) as client:
            client.send(REFUSED)
            client.seconds_to_cut()
        assert sql.event(self.server, f"topic = '{REFUSED}'")["thing"] == SECRET

    def callers(self):
        """(who, headers): everybody but those of the first account."""
        cookie = {"Cookie": self.person.cookie, **web.OWN_PAGE}
        return [
            ("nobody", {}),
            ("a made-up key", web.bearer("hw_0123456789abcdef_" + "A" * 43)),
            ("a reader of another account", web.bearer(self.reader)),
            ("a key of another account", web.bearer(self.other.api_key)),
            ("a person of another account", cookie),
            ("a key that names the account", {**web.bearer(self.other.api_key),
                                             "Headwater-Account": "000000000001"}),
        ]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("isolation")
    with Server(folder) as server:
        yield House(server, folder)


#: Values of path parameters: things, keys, users, sessions, clients, certificates and policies of the
#: first account.
def identifiers(house, path: str) -> list[str]:
    if "/certificates/" in path:
        return [house.thing.certificate_id]
    if "/policies/{name}" in path:
        return [house.thing.policy]
    if "{id}" in path and not any(kind in path for kind in ("clients", "dashboards", "queries")):
        return [house.session_id if "sessions" in path else house.key_id,
                house.first.env["AWS_ACCESS_KEY_ID"]]
    return [SECRET]


#: Bodies that would do something, and parameters that would find something.
BODIES = {
    "sql": {"sql": "select * from messages"}, "sign_in": {"name": SECRET, "password": PASSWORD},
    "change_password": {"current": "not the password", "new": "another long one"},
    "setup": {"token": "A" * 43, "name": "x", "password": PASSWORD},
    "create_user": {"name": "own-user", "role": "admin"}, "change_user": {"role": "read"},
    "create_keys": {"label": "x", "role": "admin"}, "create_link": {"path": "/"},
    "create_account": {"name": "x"}, "create_mqtt_user": {"name": "own-user"},
    "change_mqtt_user": {"policies": []}, "set_mqtt_password": {},
    "create_thing": {"name": "own-thing", "type": SECRET}, "change_thing": {"version": 1, "attributes": {}},
    "create_thing_credentials": {"way": "certificate"}, "create_certificate": {"pem": "none"},
    "change_certificate": {"status": "INACTIVE"},
    "create_policy": {"name": "own-policy", "document": json.loads(policies.EVERYTHING)},
    "replace_policy": {"version": 1, "document": json.loads(policies.EVERYTHING)},
    "set_default_policy_version": {"version": 1}, "check_policy": {"document": {}},
    "test_authorizations": {"thing": SECRET, "actions": [{"action": "iot:Connect", "topic": SECRET}]},
    "create_dashboard": {"id": "own", "title": "x", "widgets": []},
    "change_dashboard": {"id": SECRET, "version": 1, "title": "x", "widgets": []},
    "create_query": {"id": "own", "title": "x", "sql": "select 1"},
    "change_query": {"id": SECRET, "version": 1, "title": "x", "sql": "select 1"},
    "create_type": {"name": "own-type"}, "change_type": {"description": "x"},
    "change_units": {"version": 0, "units": []},
    "create_group": {"name": "own-group", "parent": SECRET}, "change_group": {"version": 1},
    "publish_message": {"topic": "a filter that is none ##", "text": "x"},
}
QUERIES = {
    "list_things": [{"prefix": "", "search": "canary"}, {"group": SECRET}, {"metrics": SECRET},
                    {"presence": "offline"}, {"presence": "connected"}, {"presence": "never"}], "list_messages": [{"thing": SECRET}],
    "list_places": [{}, {"search": "canary"}, {"group": SECRET}, {"metric": SECRET}, {"presence": "offline"}],
    "list_events": [{}, {"thing": SECRET}, {"client_id": SECRET}], "get_series": [{"metric": SECRET}],
    "explain": [{"trace": "the first account's"}, {"thing": SECRET}, {"client": SECRET}],
    "list_topics": [{"seconds": 1}], "clear_retained": [{"filter": "#"}],
    "list_certificates": [{}, {"search": SECRET}],
    "delete_thing": [{"version": 1, "credentials": "true"}, {"version": 1}],
    "delete_certificate": [{"force": "true"}, {}], "attach_thing": [{}, {"exclusive": "true"}],
    "kick_client": [{"session": "end"}], "stream": [{"topic": "a filter that is none ##"}],
}
#: Needs neither key nor session.
OPEN = {"healthz", "readyz", "get_openapi", "sign_in", "sign_out", "setup", "get_trust",
        "get_ca_pem", "get_ca_crt", "get_ca_profile"}
#: Does its work in the caller's own account, where it is allowed.
OWN = {"sql", "list_things", "list_places", "list_messages", "list_events", "flush_lake", "get_session",
       "list_sessions", "list_keys", "create_keys", "create_link", "get_status", "list_users",
       "create_user", "end_sessions", "list_mqtt_users", "create_mqtt_user", "list_clients",
       "list_topics", "list_retained", "list_certificates", "list_policies", "create_policy",
       "check_policy", "list_authorities", "get_reach", "list_tables", "list_dashboards",
       "get_units", "change_units", "create_dashboard", "list_queries", "create_query", "list_types", "create_type", "list_groups",
       # As on AWS IoT, a group that is not there is as good as deleted.
       "delete_group"}


def requests(house):
    document = web.ask(house.server, "GET", "/api/v1/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            name = operation["operationId"]
            for identifier in identifiers(house, path):
                target = path.replace("{id}", identifier).replace("{name}", identifier)
                target = target.replace("{thing}", SECRET).replace("{policy}", house.thing.policy)
                target = target.replace("{version}", "1").replace("{account}", "000000000001")
                for asked in QUERIES.get(name, [{}]):
                    if "trace" in asked:
                        asked = {"trace": house.trace}
                    yield name, method.upper(), target + "?" + web.query(**asked)


def test_every_route_with_anothers_identifiers(house):
    asked = set()
    for name, method, target in requests(house):
        if name == "sign_in":
            continue  # Its account is in its body: test_people has it.
        for who, headers in house.callers():
            if name in ("end_sessions", "sign_out") and "person" in who:
                continue  # It would end the very session that asks.
            asked.add(name)
            answer = web.ask(house.server, method, target, BODIES.get(name), **headers)
            told = f"{who}: {method} {target}: {answer.status} {answer.text[:300]}"
            assert CONTENT not in answer.text and REFUSED not in answer.text, told
            # A refusal says again what was asked for, and so does its event in the own account.
            said = answer.text.replace(f"thing {SECRET}", "").replace(f"user {SECRET}", "")
            for what in ("client", "thing"):
                said = said.replace(f'{what} \\"{SECRET}\\"', "")
            said = said.replace(f"policy {house.thing.policy}", "").replace(f"type {SECRET}", "")
            for what in ("group", "dashboard", "query"):
                said = said.replace(f"{what} {SECRET}", "")
            assert SECRET not in said or name == "list_events", told
            if name in OPEN:
                continue
            if who in ("nobody", "a made-up key"):
                assert answer.status == 401, told
            elif "names the account" in who:
                assert answer.status == 403, told
            elif name == "explain":
                assert answer.status == 404, told
            elif name in OWN:
                assert answer.status in (200, 201, 204, 403, 409), told
            else:
                assert answer.status in (400, 403, 404), told
    assert len(asked) > 30
    # All of it is there still, and its own account sees it.
    for path in (f"explain?trace={house.trace}", f"explain?thing={SECRET}",
                 f"explain?client={SECRET}", f"events?thing={SECRET}"):
        seen = web.ask(house.server, "GET", f"/api/v1/{path}", **house.first.bearer)
        assert seen.status == 200 and (CONTENT in seen.text or REFUSED in seen.text), seen.text
    assert house.owner.ask("GET", "/api/v1/session").status == 200
    assert web.ask(house.server, "GET", f"/api/v1/things/{SECRET}",
                   **house.first.bearer).status == 200
    assert SECRET in house.owner.ask("GET", "/api/v1/users").text
    assert SECRET in house.owner.ask("GET", "/api/v1/mqtt-users").text
    for kind in ("dashboards", "queries", "groups"):
        assert house.owner.ask("GET", f"/api/v1/{kind}/{SECRET}").json()["version"] == 1
    assert house.owner.ask("GET", f"/api/v1/clients/{SECRET}").json()["state"] == "away"
    certificate = house.owner.ask("GET", f"/api/v1/certificates/{house.thing.certificate_id}").json()
    assert (certificate["status"], certificate["things"], certificate["policies"]) == (
        "ACTIVE", [SECRET], [house.thing.policy])
    policy = house.owner.ask("GET", f"/api/v1/policies/{house.thing.policy}").json()
    assert len(policy["versions"]) == 1
    assert house.owner.ask("GET", "/api/v1/retained").json()["total"] == 1


def test_every_route_is_described_and_every_description_has_a_route(house):
    names = {name for name, *_ in requests(house)}
    assert OPEN | OWN | set(BODIES) | set(QUERIES) <= names
    for name, method, target in requests(house):
        if name == "stream":
            continue
        answer = web.ask(house.server, method, target)
        kinds = {"/healthz", "/readyz"}
        assert answer.status != 405, target
        if answer.status == 404:
            assert "no such path" not in answer.text, target
        assert answer.status in (200, 204, 400, 401, 403) or target[:-1] in kinds, (target, answer.status)


def test_an_account_without_a_message_finds_nothing(house):
    data = ["--data", str(house.server.data)]
    account = binary.run("accounts", "create", "Empty", *data).stdout.strip()
    made = binary.run("keys", "create", "--format", "env", "--account", account, *data)
    keys = Keys.parse(made.stdout)
    keys.client("iot").create_thing(thingName="quiet")
    get = lambda path: web.ask(house.server, "GET", "/api/v1" + path, **keys.bearer)
    assert get("/things").json()["things"][0]["last_seen"] is None
    assert get("/things/quiet").json()["values"] == []
    assert get("/messages").json() == {"messages": [], "next": None}
    assert get("/things/quiet/series?metric=a").json()["series"][0]["time"] == []
    assert get("/events").status == 200
    assert get("/clients").json() == {"clients": [], "connected": 0, "away": 0, "next": None}
    assert get("/retained").json() == {"retained": [], "total": 0, "next": None}


def test_lists_of_another_account_are_empty(house):
    for headers in (web.bearer(house.other.api_key), {"Cookie": house.person.cookie, **web.OWN_PAGE}):
        get = lambda path: web.ask(house.server, "GET", "/api/v1" + path, **headers).json()
        assert get("/things")["things"] == []
        assert get("/messages")["messages"] == []
        assert REFUSED not in json.dumps(get("/events"))
        for kind in ("messages", "telemetry", f"events where topic = '{REFUSED}'"):
            count = web.ask(house.server, "POST", "/api/v1/sql",
                            {"sql": f"select count(*) from {kind}"}, **headers)
            assert count.json().get("rows", [[0]]) == [[0]], count.text
        status = get("/status")
        assert status["account"] == OTHER and not {"log", "broker", "workers"} & set(status)
        assert web.ask(house.server, "GET", "/api/v1/workers", **headers).status == 403


def test_the_stream_has_the_own_accounts_messages_alone(house, tmp_path):
    host, port = house.server.address("http")
    streams = {}
    for name, key in (("first", house.first.api_key), ("other", house.other.api_key)):
        connection = http.client.HTTPConnection(host, port, timeout=10)
        connection.request("GET", "/api/v1/stream?topic=%23", headers=web.bearer(key))
        streams[name] = connection.getresponse()
        assert streams[name].status == 200 and streams[name].readline() == b": listening\n"
    own = {"topic": "own/topic", "payload": {"a": 1}}
    said = web.ask(house.server, "POST", "/api/v1/messages", own, **web.bearer(house.other.api_key))
    assert said.status == 202, said.text
    house.say()
    server, house.server._keys = house.server, house.other
    try:
        device_of_other = device.register(server, tmp_path, policies.EVERYTHING, "other-thing")
        with Client(server, device_of_other) as client:
            client.publish("own/topic", json.dumps({"a": 1}))
    finally:
        server._keys = house.first
    topics = {}
    for name, stream in streams.items():
        while not (line := stream.readline()).startswith(b"data: "):
            assert line
        topics[name] = json.loads(line[6:])["topic"]
        stream.close()
    assert topics == {"first": CONTENT, "other": "own/topic"}
    own = web.ask(server, "GET", "/api/v1/things/other-thing", **web.bearer(house.other.api_key))
    assert own.status == 200
    foreign = web.ask(server, "GET", "/api/v1/things/other-thing", **house.first.bearer)
    assert foreign.status == 404


def test_aws_clients_of_another_account_find_nothing(house):
    theirs, ours = house.other.client("iot"), house.first.client("iot")
    arn = ours.describe_thing(thingName=SECRET)["thingArn"]
    principal, policy = house.thing.arn, house.thing.policy
    theirs.create_thing(thingName="theirs")
    theirs.create_thing_group(thingGroupName="theirs")
    for call, arguments in [
        ("describe_thing", {"thingName": SECRET}),
        ("describe_certificate", {"certificateId": house.thing.certificate_id}),
        ("update_certificate", {"certificateId": house.thing.certificate_id, "newStatus": "INACTIVE"}),
        ("get_policy", {"policyName": policy}),
        ("attach_policy", {"policyName": policy, "target": principal}),
        ("attach_thing_principal", {"thingName": SECRET, "principal": principal}),
        ("detach_thing_principal", {"thingName": SECRET, "principal": principal}),
        ("describe_thing_group", {"thingGroupName": SECRET}),
        ("describe_thing_type", {"thingTypeName": SECRET}),
        ("list_things_in_thing_group", {"thingGroupName": SECRET}),
        ("update_thing_group", {"thingGroupName": SECRET, "thingGroupProperties": {}}),
        ("create_thing_group", {"thingGroupName": "below", "parentGroupName": SECRET}),
        ("add_thing_to_thing_group", {"thingGroupName": SECRET, "thingName": "theirs"}),
        ("add_thing_to_thing_group", {"thingGroupName": "theirs", "thingName": SECRET}),
        ("update_thing_groups_for_thing", {"thingName": "theirs", "thingGroupsToAdd": [SECRET]}),
        ("update_thing_groups_for_thing", {"thingName": SECRET, "thingGroupsToRemove": [SECRET]}),
        ("list_thing_groups_for_thing", {"thingName": SECRET}),
        ("create_thing", {"thingName": "typed", "thingTypeName": SECRET}),
        ("update_thing", {"thingName": "theirs", "thingTypeName": SECRET}),
        ("update_thing_type", {"thingTypeName": SECRET}),
        ("deprecate_thing_type", {"thingTypeName": SECRET}),
        ("delete_thing_type", {"thingTypeName": SECRET}),
        ("tag_resource", {"resourceArn": arn.replace(":thing/", ":thinggroup/"), "tags": [{"Key": "a"}]}),
        ("untag_resource", {"resourceArn": arn.replace(":thing/", ":thinggroup/"), "tagKeys": [SECRET]}),
        ("attach_policy", {"policyName": policy, "target": arn.replace(":thing/", ":thinggroup/")}),
        ("list_tags_for_resource", {"resourceArn": arn.replace(":thing/", ":thinggroup/")}),
    ]:
        with pytest.raises(ClientError) as refused:
            getattr(theirs, call)(**arguments)
        code = refused.value.response["Error"]["Code"]
        assert code in ("ResourceNotFoundException", "InvalidRequestException",
                        "UnauthorizedException"), (call, code)
    assert SECRET not in str(theirs.list_things()["things"])
    assert SECRET not in str(theirs.list_thing_groups()["thingGroups"])
    assert SECRET not in str(theirs.list_thing_types()["thingTypes"])
    # Taking out what is not in it is fine, as on AWS, where both are there.
    with pytest.raises(ClientError):
        theirs.remove_thing_from_thing_group(thingGroupName=SECRET, thingName=SECRET)
    assert ours.list_things_in_thing_group(thingGroupName=SECRET)["things"] == [SECRET]
    assert not ours.describe_thing_type(thingTypeName=SECRET)["thingTypeMetadata"]["deprecated"]
    assert ours.describe_thing_group(thingGroupName=SECRET)["version"] == 1
    theirs.delete_thing(thingName=SECRET)  # Nothing of theirs has that name, which is fine.
    theirs.create_thing(thingName=SECRET)
    assert theirs.describe_thing(thingName=SECRET)["thingArn"] != arn
    theirs.delete_thing(thingName=SECRET)
    assert ours.describe_thing(thingName=SECRET)["thingArn"] == arn
    assert ours.describe_certificate(certificateId=house.thing.certificate_id)[
        "certificateDescription"]["status"] == "ACTIVE"
    account = house.other.client("sts").get_caller_identity()["Account"]
    assert account == OTHER


def test_postgres_of_another_account_sees_its_own(house, tmp_path):
    """It has tables of its own: one that is not there would hide another's rows, too."""
    server, house.server._keys = house.server, house.other
    try:
        speaker = device.register(server, tmp_path, policies.only_topics("own/*"), "psql-thing")
        with Client(server, speaker) as client:
            client.publish("own/psql", json.dumps({"a": 1}))
            client.send("not/own")
            client.seconds_to_cut()
        until(lambda: ["own/psql"] in sql.rows(server, "select topic from messages"), 5, "its own")
        sql.event(server, "thing = 'psql-thing'")
        for table in ("messages", "telemetry"):
            topics = sql.rows(server, f"select distinct topic from {table} where topic not like '$aws/%'")
            assert {topic for (topic,) in topics} <= {"own/psql", "own/topic"}, (table, topics)
        for table in ("messages", "telemetry", "events"):
            foreign = f"topic in ('{CONTENT}', '{REFUSED}') or topic like '%{SECRET}%'"
            assert sql.rows(server, f"select count(*) from {table} where {foreign}") == [["0"]], table
    finally:
        server._keys = house.first
