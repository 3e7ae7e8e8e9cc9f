# SPDX-License-Identifier: Apache-2.0
"""`--profile aws`: what firmware made for AWS IoT Core can see of its limits and quirks."""

import time

import paho.mqtt.client as paho
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from harness import binary, device, policies, sql
from harness.mqtt import Client, Refused
from harness.waiting import until


@pytest.fixture
def aws(fresh):
    return fresh("--profile", "aws")


def test_connack_and_qos_2(aws, tmp_path):
    meter = device.register(aws, tmp_path, policies.EVERYTHING)
    with Client(aws, meter, v5=True) as client:
        offered = client.properties
        assert (offered.MaximumQoS, offered.ReceiveMaximum, offered.TopicAliasMaximum) == (1, 100, 8)
        assert offered.MaximumPacketSize == 149504
        assert offered.SubscriptionIdentifierAvailable == 0
        assert client.subscribe("a", qos=2) == [1]
        client.send("a", "x", 2)
        assert client.cut.wait(10) and client.cut_code.value == 0x9B


def test_hash_spares_its_parent_and_retained_is_for_exact_filters(aws, tmp_path):
    one = device.register(aws, tmp_path, policies.EVERYTHING)
    two = device.register(aws, tmp_path, policies.EVERYTHING)
    with Client(aws, one) as out, Client(aws, two) as client:
        out.paho.publish("r/x", "kept", 1, retain=True).wait_for_publish(10)
        client.subscribe("a/#")
        client.subscribe("r/+")
        for topic in ("a", "a/b", "a/"):
            out.publish(topic, "")
        assert [client.receive().topic for _ in range(2)] == ["a/b", "a/"]
        client.subscribe("r/x")
        got = client.receive()
        assert (got.topic, got.retain) == ("r/x", True)
        assert client.messages.empty()


def test_too_fast(aws, tmp_path):
    meter = device.register(aws, tmp_path, policies.EVERYTHING)
    with Client(aws, meter, v5=True) as client:
        sent = [client.paho.publish("fast", str(n), 0) for n in range(400)]
        sent[-1].wait_for_publish(10)
        assert not client.cut.is_set()
        client.publish("other", "", 0)
    events = "select cause from events where kind = 'publish' and outcome = 'dropped'"
    until(lambda: sql.rows(aws, events), 10, "an event says so")
    assert "more than 100 messages a second" in sql.rows(aws, events)[0][0]
    kept = sql.count(aws, "select count(*) from messages where topic = 'fast'")
    assert 100 <= kept < 400


def test_denied_filters_ids_and_expiries(aws, tmp_path):
    meter = device.register(aws, tmp_path, policies.only_topics("mine"))
    with Client(aws, meter, v5=True) as client:
        assert client.subscribe("mine", "others", "a/b/c/d/e/f/g/h/i") == [1, 0x87, 0x8F]
        properties = Properties(PacketTypes.PUBLISH)
        properties.MessageExpiryInterval = 10_000_000
        client.paho.publish("mine", "x", 1, properties=properties)
        assert client.receive().properties.MessageExpiryInterval == 604_800
        properties = Properties(PacketTypes.SUBSCRIBE)
        properties.SubscriptionIdentifier = 7
        client.paho.subscribe("mine", options=SubscribeOptions(qos=1), properties=properties)
        assert client.cut.wait(10) and client.cut_code.value == 0xA1


def test_a_client_id_connects_once_a_second(aws, tmp_path):
    meter = device.register(aws, tmp_path, policies.EVERYTHING)
    began = time.monotonic()
    with Client(aws, meter):
        refused = None
        try:
            Client(aws, meter).connect().close()
        except Refused as refusal:
            refused = refusal
    # On a machine that is slow, a second may have gone.
    assert refused or time.monotonic() - began > 1
    if refused:
        assert refused.code == paho.CONNACK_REFUSED_SERVER_UNAVAILABLE or refused.code.value == 136


def test_limits_without_the_profile(fresh, tmp_path):
    file = tmp_path / "limits.toml"
    file.write_text("[limits]\npublishes_per_second_max = 5\nsubscriptions_max = 2\n")
    server = fresh("--config", str(file))
    meter = device.register(server, tmp_path, policies.EVERYTHING)
    with Client(server, meter, v5=True) as client:
        assert client.subscribe("a/#", "b", "c", qos=2) == [2, 2, 0x97]
        for n in range(50):
            client.send("a", str(n), 0)
        client.publish("a", "the last one", 0)
        until(lambda: client.messages.qsize() >= 5, 10, "as many as a second allows")
        assert 5 <= client.messages.qsize() < 20


def test_limits_of_all_connections_of_a_certificate(fresh, tmp_path):
    file = tmp_path / "limits.toml"
    file.write_text("[limits.principal]\nconnections_max = 2\nsubscriptions_max = 3\n"
                    "publishes_per_second_max = 5\n")
    server = fresh("--config", str(file))
    meter = device.register(server, tmp_path, policies.EVERYTHING)
    other = device.register(server, tmp_path, policies.EVERYTHING)
    with Client(server, meter, v5=True, client_id="a") as a:
        assert a.subscribe("a/#", "b") == [1, 1]
        with Client(server, meter, v5=True, client_id="b") as b:
            assert b.subscribe("x", "y") == [1, 0x97]
            try:
                Client(server, meter, v5=True, client_id="c").connect().close()
                refused = None
            except Refused as refusal:
                refused = refusal
            assert refused and refused.code.value == 0x97
            for n in range(50):
                a.send("a", str(n), 0)
                b.send("a", str(n), 0)
            b.publish("a", "the last one", 0)
            until(lambda: a.messages.qsize() >= 5, 10, "as many as a second allows")
            assert 5 <= a.messages.qsize() < 20
        with Client(server, other, v5=True, client_id="d") as d:
            assert d.subscribe("x", "y", "z") == [1, 1, 1], "another certificate has its own"
        with Client(server, meter, v5=True, client_id="c") as c:
            assert c.subscribe("x") == [1], "who left has given back what it used"
    data = server.keys.client("iot-data")
    data.publish(topic="by/https", payload=b"x" * 100)
    with pytest.raises(data.exceptions.ClientError) as refusal:
        for _ in range(200):
            data.publish(topic="by/https", payload=b"x" * 100)
    answer = refusal.value.response
    assert answer["Error"]["Code"] == "ThrottlingException", answer
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429
    rows = sql.rows(server, "select distinct cause from events where cause like '%principal%' order by 1")
    assert [cause for (cause,) in rows] == [
        "a principal has at most 2 connections",
        "a principal has at most 3 subscriptions",
        "more than 5 messages a second from one principal",
        "more than 5 messages a second from one principal: what exceeds it is dropped"]


def test_an_unknown_profile(tmp_path):
    done = binary.run("serve", "--data", str(tmp_path / "d"), "--profile", "azure", check=False)
    assert done.returncode != 0 and "give standard or aws" in done.stderr
