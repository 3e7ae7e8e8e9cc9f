# SPDX-License-Identifier: Apache-2.0
"""Publishing over HTTPS: by boto3, and as a device with curl and its certificate."""

import base64
import http.client
import json
import subprocess
import time
import urllib.parse
import uuid

import pytest
from botocore.exceptions import ClientError
from harness import device, mqtt, policies, signed, web
from harness.waiting import until


@pytest.fixture
def listener(server, register):
    """`listener(filter)`: a client of MQTT 5 that hears it."""
    opened = []

    def make(topic_filter: str) -> mqtt.Client:
        opened.append(mqtt.Client(server, register(policies.EVERYTHING), v5=True).connect())
        opened[-1].subscribe(topic_filter)
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def curl(server, path: str, payload: bytes, who: device.Device | None, *more: str):
    """(status, JSON of the answer); curl offers ALPN as it likes unless told otherwise."""
    shown = ["--cert", who.certificate, "--key", who.key] if who else []
    done = subprocess.run(
        ["curl", "-sS", "--cacert", server.endpoints["ca"], *shown, "-X", "POST",
         "--data-binary", "@-", "-w", "\n%{http_code}", *more,
         f"https://localhost:{server.address('https')[1]}{path}"],
        input=payload, capture_output=True, timeout=20)
    assert done.returncode == 0, done.stderr
    body, _, status = done.stdout.decode().rpartition("\n")
    return int(status), json.loads(body or "{}")


def test_boto3_publishes_with_all_properties(server, listener):
    heard = listener("boto/#")
    data = server.keys.client("iot-data")
    answer = data.publish(
        topic="boto/a b&=?c/ü", qos=1, payload=b"\0\xff",
        contentType="application/x", responseTopic="boto/answers", messageExpiry=600,
        correlationData=base64.b64encode(b"c0rr").decode(), payloadFormatIndicator="UNSPECIFIED_BYTES",
        userProperties=json.dumps([{"one": "1"}, {"two": "2"}]))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    got = heard.receive()
    assert (got.topic, got.payload, got.qos) == ("boto/a b&=?c/ü", b"\0\xff", 1)
    properties = got.properties
    assert properties.ContentType == "application/x"
    assert properties.ResponseTopic == "boto/answers"
    assert 590 <= properties.MessageExpiryInterval <= 600
    assert properties.CorrelationData == b"c0rr"
    assert properties.UserProperty == [("one", "1"), ("two", "2")]
    data.publish(topic="boto/text", payload="ü", payloadFormatIndicator="UTF8_DATA")
    got = heard.receive()
    assert (got.payload.decode(), got.qos) == ("ü", 0)
    assert got.properties.PayloadFormatIndicator == 1


def test_boto3_retains(server, listener):
    data = server.keys.client("iot-data")
    data.publish(topic="boto-kept", payload=b"last", qos=1, retain=True)
    heard = listener("boto-kept")
    got = heard.receive()
    assert (got.payload, got.retain) == (b"last", True)
    data.publish(topic="boto-kept", payload=b"", qos=1, retain=True)


def test_boto3_reads_what_is_retained(server):
    data = server.keys.client("iot-data")
    names = [f"kept-list/{n:02}" for n in range(7)]
    before = time.time() * 1000
    for name in names:
        data.publish(topic=name, payload=name.encode(), qos=1, retain=True,
                     userProperties=json.dumps([{"n": name}]))
    pages, token = [], {}
    while True:
        page = data.list_retained_messages(maxResults=3, **token)
        pages.append(page["retainedTopics"])
        if not page.get("nextToken"):
            break
        token = {"nextToken": page["nextToken"]}
    found = {one["topic"]: one for page in pages for one in page if one["topic"] in names}
    assert list(found) == names and all(len(page) <= 3 for page in pages)
    one = found[names[0]]
    assert (one["payloadSize"], one["qos"]) == (len(names[0]), 1)
    assert before - 1000 <= one["lastModifiedTime"] <= time.time() * 1000 + 1000
    got = data.get_retained_message(topic=names[3])
    assert (got["topic"], got["payload"], got["qos"]) == (names[3], names[3].encode(), 1)
    assert json.loads(got["userProperties"]) == [{"n": names[3]}]
    for wrong, error in ((dict(topic="nothing/here"), "ResourceNotFoundException"),
                         (dict(topic="kept-list/#"), "InvalidRequestException")):
        with pytest.raises(ClientError) as refused:
            data.get_retained_message(**wrong)
        assert refused.value.response["Error"]["Code"] == error
    for name in names:
        data.publish(topic=name, payload=b"", qos=1, retain=True)


def test_a_device_reads_only_what_its_policy_names(server, register):
    data = server.keys.client("iot-data")
    data.publish(topic="kept-mine/a", payload=b"1", qos=1, retain=True)
    data.publish(topic="kept-other/a", payload=b"2", qos=1, retain=True)
    meter = register(policies.document(
        policies.allow("iot:GetRetainedMessage", policies.arn("topic/kept-mine/*"))))

    def get(path: str) -> int:
        door = http.client.HTTPSConnection("localhost", server.address("https")[1],
                                           context=meter.context(), timeout=10)
        door.request("GET", path)
        return door.getresponse().status

    assert get("/retainedMessage/kept-mine%2Fa") == 200
    assert get("/retainedMessage/kept-other%2Fa") == 403
    assert get("/retainedMessage") == 403
    for topic in ("kept-mine/a", "kept-other/a"):
        data.publish(topic=topic, payload=b"", qos=1, retain=True)


def test_a_device_publishes_by_curl(server, register, listener):
    heard = listener("curl/#")
    meter = register(policies.EVERYTHING)
    for path, topic in (("/topics/curl/a?qos=1", "curl/a"), ("/topics/curl%2Fa%2F", "curl/a/"),
                        ("/topics/curl//b/?qos=0", "curl//b/")):
        for more in ((), ("--no-alpn",), ("--http1.1",), ("--tls-max", "1.2")):
            payload = str(uuid.uuid4()).encode()
            status, answer = curl(server, path, payload, meter, *more)
            assert (status, answer["message"]) == (200, "OK"), (path, more, answer)
            assert uuid.UUID(answer["traceId"])
            got = heard.receive()
            assert (got.topic, got.payload) == (topic, payload)
    # It is that device's message in the tables, with its thing.
    rows = until(lambda: sql(server, "SELECT thing, principal, client_id FROM messages "
                                     f"WHERE payload = '\\x{payload.hex()}'::bytea"), 5, "the row")
    assert rows == [[meter.name, meter.certificate_id, ""]] or rows == [
        [meter.name, meter.certificate_id, None]]


def sql(server, text: str) -> list:
    answer = web.ask(server, "POST", "/api/v1/sql", {"sql": text}, **server.keys.bearer)
    assert answer.status == 200, answer.text
    return answer.json()["rows"]


def test_policies_hold_without_a_client_id(server, register):
    only = register(policies.document(
        policies.allow("iot:Publish", [policies.arn("topic/mine/*")]),
        policies.allow("iot:Publish", [policies.arn("topic/${iot:ClientId}/x")]),
        policies.deny("iot:Publish", [policies.arn("topic/mine/not")])))
    assert curl(server, "/topics/mine/a?qos=1", b"x", only)[0] == 200
    for path in ("/topics/mine/not", "/topics/other", f"/topics/{only.name}/x", "/topics//x",
                 "/topics/mine/a?retain=true"):
        status, answer = curl(server, path, b"x", only)
        assert (status, answer["message"]) == (403, "Forbidden"), path
    until(lambda: any("denies iot:Publish" in event["cause"] for event in events(server, "publish")
                      if event["principal"] == only.certificate_id), 5, "the event")


def events(server, kind: str) -> list[dict]:
    asked = web.ask(server, "GET", f"/api/v1/events?kind={kind}&limit=500", **server.keys.bearer)
    return asked.json()["events"]


def test_who_is_refused(server, register, tmp_path):
    path = "/topics/a?qos=1"
    assert curl(server, path, b"x", None)[0] == 403
    assert curl(server, path, b"x", device.stranger(server, tmp_path))[0] == 403
    meter = register(policies.EVERYTHING)
    assert curl(server, path, b"x", meter)[0] == 200
    iot = server.keys.client("iot")
    iot.update_certificate(certificateId=meter.certificate_id, newStatus="INACTIVE")
    assert curl(server, path, b"x", meter)[0] == 403
    # A certificate opens the data plane and nothing else.
    iot.update_certificate(certificateId=meter.certificate_id, newStatus="ACTIVE")
    status, answer = curl(server, "/things", b"{}", meter, "-X", "GET")
    assert status == 404, answer


@pytest.mark.parametrize("how, code, status", [
    ({"topic": "a/#"}, "InvalidRequestException", 400),
    ({"topic": "a/+/b"}, "InvalidRequestException", 400),
    ({"topic": "a", "qos": 2}, "InvalidRequestException", 400),
    ({"topic": "$aws/things/x"}, "ForbiddenException", 403),
    ({"topic": "$SYS/x"}, "ForbiddenException", 403),
    ({"topic": "a", "payload": b"x" * 262_145}, "RequestEntityTooLargeException", 413),
    ({"topic": "a", "correlationData": "!"}, "InvalidRequestException", 400),
    ({"topic": "a", "userProperties": "7"}, "InvalidRequestException", 400),
    ({"topic": "a", "responseTopic": "a/#"}, "InvalidRequestException", 400),
], ids=str)
def test_bad_messages_by_boto3(server, how, code, status):
    with pytest.raises(ClientError) as refused:
        server.keys.client("iot-data").publish(**how)
    answer = refused.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)


def test_a_broken_signature(server):
    with pytest.raises(ClientError) as refused:
        server.keys.client("iot-data", secret="wrong" * 8).publish(topic="a", payload=b"x")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    path = "/topics/" + urllib.parse.quote("a/b", safe="")
    assert signed.send(server.keys, "POST", path, b"x", {})[0] == 403


def test_what_is_answered_is_there_after_kill(fresh, tmp_path):
    server = fresh()
    data = server.keys.client("iot-data")
    for number in range(30):
        data.publish(topic="kill/a", qos=1, payload=json.dumps({"n": number}).encode())
    server.kill()
    server.start()
    rows = until(lambda: sql(server, "SELECT count(*) FROM messages WHERE topic = 'kill/a'")[0][0]
                 == 30, 10, "30 rows")
    assert rows
