# SPDX-License-Identifier: Apache-2.0
"""`headwater explain`: the way of a message, the state of a thing or client, and cures that work."""

import http.client
import json
import pathlib
import re
import urllib.error
import urllib.request

import pytest

from harness import binary, device, policies, sql
from harness.mqtt import Client, Refused
from harness.waiting import until


def explain(server, *args: str) -> dict:
    done = binary.run("explain", *args, "--json", "--data", str(server.data))
    return json.loads(done.stdout)


def step(report: dict, name: str) -> dict:
    found = [one for one in report["steps"] if one["step"] == name]
    assert found, f"no step {name} in {json.dumps(report, indent=1)}"
    return found[-1]


def publish(server, sender, topic: str, payload: str, qos: int = 1) -> str:
    """Publishes one message and gives its trace id, as SQL shows it."""
    with Client(server, sender) as client:
        client.publish(topic, payload, qos)
        query = f"select trace_id from messages where topic = '{topic}'"
        with sql.connect(server) as connection:
            return until(lambda: connection.execute(query).fetchone(), 5, query)[0]


def test_the_way_of_a_message(server, register):
    sender, receiver = register(), register()
    with Client(server, receiver) as listening:
        listening.subscribe(f"{sender.name}/#")
        with Client(server, sender) as client:
            client.publish(f"{sender.name}/t", '{"temp": 21.5, "hum": 40}')
            listening.receive()
            with sql.connect(server) as connection:
                query = f"select trace_id from messages where thing = '{sender.name}'"
                trace = until(lambda: connection.execute(query).fetchone(), 5, query)[0]
            report = explain(server, trace)
    assert report["about"]["topic"] == f"{sender.name}/t" and report["about"]["qos"] == 1
    received = step(report, "received")
    assert received["detail"]["connection"]["client_id"] == sender.name
    assert received["detail"]["connection"]["principal"] == sender.certificate_id
    assert received["time"] == report["about"]["time"]
    allowed = step(report, "allowed")
    assert allowed["detail"]["statement"]["policy"] == sender.policy
    assert allowed["detail"]["today"] is False and "version 1 statement 0" in allowed["text"]
    kept = step(report, "kept")
    assert kept["detail"]["position"].startswith("v1;") and kept["time"] >= received["time"]
    assert step(report, "acknowledged")["time"] == kept["time"]
    delivered = step(report, "delivered")["detail"]
    assert delivered["sent"] == 1
    assert delivered["receivers"] == [{"client_id": receiver.name, "fate": "sent"}]
    assert sorted(step(report, "telemetry")["detail"]["metrics"]) == ["hum", "temp"]
    assert all(one["outcome"] == "ok" for one in report["steps"]), report


def test_a_message_is_in_the_buffer_and_then_in_a_file(server, register):
    sender = register()
    trace = publish(server, sender, f"{sender.name}/t", "21.5")
    server.flush()
    report = explain(server, trace)
    (file,) = step(report, "file")["detail"]["files"]
    assert pathlib.Path(file["path"]).is_file(), file
    assert step(report, "telemetry")["detail"]["metrics"] == ["value"]
    # Its connection has ended: the policies are today's, and that is said.
    assert step(report, "allowed")["detail"]["today"] is True
    assert "has ended since" in step(report, "received")["text"]


def test_a_message_that_came_by_https(server, register):
    """It has no client, and a statement allowed it all the same."""
    sender = register()
    host, port = "localhost", server.address("https")[1]
    door = http.client.HTTPSConnection(host, port, context=sender.context(), timeout=10)
    door.request("POST", f"/topics/{sender.name}/t?qos=1", b'{"n": 1}')
    answer = json.loads(door.getresponse().read())
    trace = answer["traceId"]
    until(lambda: sql.count(server, f"select count(*) from messages where trace_id = '{trace}'"),
          5, "its row")
    report = explain(server, trace)
    assert "from no MQTT client" in step(report, "received")["text"]
    assert step(report, "allowed")["detail"]["statement"]["policy"] == sender.policy


def test_it_reads_well(server, register):
    sender = register()
    trace = publish(server, sender, f"{sender.name}/t", "not json")
    text = binary.run("explain", trace, "--data", str(server.data)).stdout
    assert text.startswith(f"Message {trace}\n{sender.name}/t, 8 bytes, QoS 1, ")
    assert re.search(r"^✓ received +\d\d:\d\d:\d\d\.\d{3} +from client ", text, re.M), text
    assert re.search(r"^✓ kept +\+[\d.]+ (µs|ms|s) ", text, re.M), text
    assert "the payload is not JSON" in text and "\x1b" not in text


def test_after_a_restart_what_is_not_known_is_said(fresh, tmp_path):
    server = fresh()
    sender = device.register(server, tmp_path, policies.EVERYTHING)
    trace = publish(server, sender, "a/b", '{"n": 1}')
    server.stop()
    server.start()
    report = explain(server, trace)
    assert step(report, "delivered")["outcome"] == "unknown"
    assert step(report, "kept")["outcome"] == "ok"
    assert step(report, "telemetry")["detail"]["metrics"] == ["n"]


def test_traces_that_are_none(server):
    for trace, words, code in [
        ("nonsense", "looks like", 1),
        ("00000001-0000-8000-8fff-ffffffffffff", "no message has had", 3),
        ("00000001-8000-8000-8000-000000000001", "no message's trace id", 3),
    ]:
        done = binary.run("explain", trace, "--data", str(server.data), check=False)
        assert done.returncode == code and words in done.stderr, done
    done = binary.run("explain", "--data", str(server.data), check=False)
    assert done.returncode == 2


def test_a_refused_publish_and_its_cure(server, register):
    """The statement that the cure names is added, and the message goes through."""
    sender = register(policies.document(policies.allow("iot:Connect"),
                                        policies.allow("iot:Publish", policies.arn("topic/yes"))))
    with Client(server, sender) as client:
        client.send("no/way")
        client.seconds_to_cut()
    sql.event(server, f"kind = 'publish' and client_id = '{sender.name}'")
    report = explain(server, "--client", sender.name)
    assert report["verdict"].startswith("not connected; last refusal: publish refused")
    cure = step(report, "event")["cure"]
    statement = json.loads(re.search(r"\{.*\}", cure)[0])
    assert statement["Action"] == "iot:Publish" and statement["Resource"].endswith(":topic/no/way")
    iot = server.keys.client("iot")
    document = policies.document(policies.allow("iot:Connect"), statement)
    iot.create_policy(policyName=f"{sender.name}-cure", policyDocument=document)
    iot.attach_policy(policyName=f"{sender.name}-cure", target=sender.arn)
    with Client(server, sender) as client:
        client.publish("no/way", "1")


def test_an_inactive_certificate_and_its_cure(server, register):
    sender = register()
    iot = server.keys.client("iot")
    iot.update_certificate(certificateId=sender.certificate_id, newStatus="INACTIVE")
    with pytest.raises(Refused):
        Client(server, sender).connect()
    # The handshake names no client: the event is found by the thing's certificate.
    sql.event(server, f"kind = 'connect' and principal = '{sender.certificate_id}'")
    report = explain(server, "--thing", sender.name)
    assert "certificate INACTIVE" in step(report, "event")["text"]
    certificate = step(report, "certificate")
    assert certificate["outcome"] == "fail" and "INACTIVE" in report["verdict"]
    words = certificate["cure"].split()
    assert words[:3] == ["aws", "iot", "update-certificate"]
    iot.update_certificate(certificateId=words[4], newStatus=words[6])
    with Client(server, sender) as client:
        client.publish(f"{sender.name}/a", "1")
        report = explain(server, "--thing", sender.name)
        connection = step(report, "connection")
        assert connection["outcome"] == "ok"
        assert connection["detail"]["client_id"] == sender.name
        assert step(report, "message")["detail"]["topic"] == f"{sender.name}/a"


def test_a_receiver_that_may_not(server, register):
    sender = register()
    receiver = register(policies.document(policies.allow(["iot:Connect", "iot:Subscribe"])))
    with Client(server, receiver) as listening, Client(server, sender) as client:
        listening.subscribe(f"{sender.name}/#")
        client.publish(f"{sender.name}/t", "1")
        with sql.connect(server) as connection:
            query = f"select trace_id from messages where thing = '{sender.name}'"
            trace = until(lambda: connection.execute(query).fetchone(), 5, query)[0]
        report = explain(server, trace)
    delivered = step(report, "delivered")
    assert delivered["outcome"] == "warn" and delivered["detail"]["refused_receive"] == 1
    assert "iot:Receive" in report["verdict"]


def test_names_that_nobody_has(server):
    for flag in ("--thing", "--client"):
        done = binary.run("explain", flag, "nobody-at-all", "--data", str(server.data), check=False)
        assert done.returncode == 3 and "nobody-at-all" in done.stderr


def test_the_api_asks_for_one_thing_at_a_time(server):
    def get(query: str):
        url = f"{server.url('http')}/api/v1/explain{query}"
        request = urllib.request.Request(url, headers=server.keys.bearer)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    assert get("")[0] == 400 and get("?thing=a&client=b")[0] == 400
    status, answer = get("?thing=known-to-no-test")
    assert status == 404 and answer["error"]["kind"] == "not_found"
