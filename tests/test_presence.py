# SPDX-License-Identifier: Apache-2.0
"""`$aws/events/presence/…` and `$aws/events/subscriptions/…`: AWS's fields, in the tables, and only
for who may receive them."""

import json
import time
import uuid

import pytest

from harness import device, policies, sql
from harness.mqtt import Client
from harness.waiting import until

VERSIONS = pytest.mark.parametrize("v5", [False, True], ids=["3.1.1", "5"])


def heard(client: Client) -> tuple[str, dict]:
    message = client.messages.get(timeout=10)
    assert (message.qos, message.retain) == (0, False)
    return message.topic, json.loads(message.payload)


@VERSIONS
def test_a_life(fresh, tmp_path, v5):
    server = fresh(env={"HEADWATER_KEEP": "all"})
    watcher = device.register(server, tmp_path, policies.EVERYTHING)
    meter = device.register(server, tmp_path, policies.EVERYTHING)
    before = time.time() * 1000 - 1000
    with Client(server, watcher, v5=v5) as all_events:
        all_events.subscribe(f"$aws/events/+/+/{meter.name}", qos=1)
        with Client(server, meter, v5=v5) as client:
            client.subscribe("a/#", qos=1)
        got = [heard(all_events) for _ in range(3)]
    topics = [topic for topic, _ in got]
    assert topics == [f"$aws/events/presence/connected/{meter.name}",
                      f"$aws/events/subscriptions/subscribed/{meter.name}",
                      f"$aws/events/presence/disconnected/{meter.name}"]
    connected, subscribed, disconnected = (fields for _, fields in got)
    for fields in (connected, subscribed, disconnected):
        assert fields["clientId"] == meter.name
        assert fields["principalIdentifier"] == meter.certificate_id
        assert before < fields["timestamp"] < time.time() * 1000 + 1000
        assert uuid.UUID(fields["sessionIdentifier"])
        assert fields["sessionIdentifier"] == connected["sessionIdentifier"]
    assert connected["eventType"] == "connected" and connected["ipAddress"] == "127.0.0.1"
    assert subscribed["topics"] == ["a/#"]
    assert disconnected["disconnectReason"] == "CLIENT_INITIATED_DISCONNECT"
    assert disconnected["clientInitiatedDisconnect"] is True and "ipAddress" not in disconnected
    assert connected["versionNumber"] == disconnected["versionNumber"] == 0
    rows = "select count(*) from messages where topic like " \
           f"'$aws/events/presence/%/{meter.name}' and principal = 'server' and client_id is null"
    until(lambda: sql.count(server, rows) == 2, 10, "both are in the tables")


def test_takeover_and_who_may_not_hear_it(server, tmp_path):
    watcher = device.register(server, tmp_path, policies.EVERYTHING)
    nosy = device.register(server, tmp_path, json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["iot:Connect", "iot:Subscribe"], "Resource": "*"},
        {"Effect": "Allow", "Action": "iot:Receive", "Resource": "arn:aws:iot:*:*:topic/mine"}]}))
    meter = device.register(server, tmp_path, policies.EVERYTHING)
    with Client(server, watcher) as out, Client(server, nosy) as deaf:
        out.subscribe(f"$aws/events/presence/+/{meter.name}", qos=0)
        deaf.subscribe(f"$aws/events/presence/+/{meter.name}", qos=0)
        deaf.subscribe("mine", qos=0)
        first = Client(server, meter).connect()
        with Client(server, meter, v5=True):
            told = [heard(out) for _ in range(3)]
            reasons = [fields.get("disconnectReason") for _, fields in told]
            assert reasons == [None, "DUPLICATE_CLIENTID", None]
            assert [fields["versionNumber"] for _, fields in told] == [0, 0, 1]
            out.publish("mine", "the first that may be received")
            assert deaf.messages.get(timeout=10).topic == "mine"
        first.close()


def test_basic_ingest_reaches_the_tables_and_nobody_else(server, tmp_path):
    meter = device.register(server, tmp_path, policies.EVERYTHING)
    with Client(server, meter) as client:
        for filter in ("$aws/rules/#", "$aws/rules/store/x", "x", "end"):
            client.subscribe(filter, qos=1)
        client.publish("$aws/rules/store/x", '{"a": 1}')
        client.publish("end", "")
        assert client.messages.get(timeout=10).topic == "end"
    rows = "select count(*) from telemetry t join messages m on m.trace_id = t.trace_id " \
           f"where m.topic = '$aws/rules/store/x' and m.client_id = '{meter.name}' and t.metric = 'a'"
    until(lambda: sql.count(server, rows) == 1, 10, "it is in the tables")


@pytest.mark.parametrize("topic", ["$aws/events/presence/connected/x", "$SYS/broker/clients",
                                   "$aws/things/x/shadow/update", "$aws/rules/"])
def test_nobody_speaks_for_the_server(server, tmp_path, topic):
    meter = device.register(server, tmp_path, policies.EVERYTHING)
    with Client(server, meter) as client:
        client.paho.publish(topic, "{}", 0)
        assert client.cut.wait(10)
