# SPDX-License-Identifier: Apache-2.0
"""What a device sees of the broker: delivery, wildcards, takeover, keep-alive, QoS 2, retained."""

import time

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from harness import policies, raw
from harness.mqtt import Client

VERSIONS = pytest.mark.parametrize("v5", [False, True], ids=["3.1.1", "5"])


@VERSIONS
@pytest.mark.parametrize("qos", [0, 1])
def test_delivery_in_order(server, register, v5, qos):
    sender, reader = register(), register()
    topic = f"order/{sender.name}"
    with Client(server, sender, v5=v5) as out, Client(server, reader, v5=v5) as client:
        assert client.subscribe(topic, qos=qos) == [qos]
        for number in range(200):
            out.send(topic, str(number), qos=qos)
        got = [int(client.receive().payload) for _ in range(200)]
    assert got == list(range(200))


@VERSIONS
def test_wildcards_and_overlaps(server, register, v5):
    device = register()
    with Client(server, device, v5=v5) as client:
        assert client.subscribe("w/+/x", "w/#", "w/a/x") == [1, 1, 1]
        client.publish("w/a/x", "1")
        client.publish("w", "2")
        client.publish("v/a/x", "3")
        client.publish("w/end", "4")
        got = set()
        while b"4" not in got:
            got.add(client.receive().payload)
    assert got == {b"1", b"2", b"4"}


def test_dollar_topics_are_not_under_a_leading_wildcard(server, register):
    with Client(server, register()) as client:
        client.subscribe("#", "+/dollar")
        client.send("$data/dollar", "hidden")
        client.publish("plain/dollar", "shown")
        seen = client.receive()
        assert seen.topic == "plain/dollar"


def test_unsubscribing_ends_delivery(server, register):
    with Client(server, register()) as client:
        client.subscribe("gone/a", "gone/b")
        client.paho.unsubscribe("gone/a")
        client._answer()
        client.publish("gone/a", "no")
        client.publish("gone/b", "yes")
        assert client.receive().topic == "gone/b"


@VERSIONS
def test_the_newest_connection_of_a_client_id_stays(server, register, v5):
    device = register()
    with Client(server, device, v5=v5) as old, Client(server, device, v5=v5) as new:
        assert old.seconds_to_cut(2) < 2
        new.publish("take/over", "1")
        assert not new.cut.is_set()
    if v5:
        assert old.cut_code.value == 0x8E


def test_keep_alive_is_held(server, register):
    device = register()
    with raw.Wire(server, device) as wire:
        wire.send(raw.connect(device.name, keep_alive=1))
        assert wire.read()[0] == raw.CONNACK
        began = time.monotonic()
        wire.send(raw.PINGREQ)
        assert wire.read()[0] == raw.PINGRESP
        wire.read_until_closed()
        assert 1.0 < time.monotonic() - began < 3.5


def test_mqtt_5_is_told_what_there_is_not(server, register):
    with Client(server, register(), v5=True) as client:
        told = client.properties.json()
    assert not {"MaximumQoS", "RetainAvailable", "SessionExpiryInterval"} & set(told)


@VERSIONS
def test_exactly_once_and_retained(server, register, v5):
    sender, reader = register(), register()
    topic = f"kept/{reader.name}"
    with Client(server, sender, v5=v5) as out:
        for number in range(20):
            out.paho.publish(topic, str(number), 2, retain=True).wait_for_publish(10)
        with Client(server, reader, v5=v5) as client:
            assert client.subscribe(topic, qos=2) == [2]
            first = client.receive()
            assert (first.payload, first.retain, first.qos) == (b"19", True, 2)
            for number in range(20, 40):
                out.publish(topic, str(number), qos=2)
            got = [int(client.receive().payload) for _ in range(20)]
        out.paho.publish(topic, b"", 1, retain=True).wait_for_publish(10)
    assert got == list(range(20, 40))


def test_the_receivers_maximum_is_held(server, register):
    """With Receive Maximum 2, a third message waits for an acknowledgement."""
    sender, reader = register(), register()
    topic = f"window/{reader.name}"
    with raw.Wire(server, reader) as wire, Client(server, sender) as out:
        properties = b"\x03\x21\x00\x02"
        head = raw.text("MQTT") + b"\x05\x02\x00\x3c" + properties
        wire.send(raw.packet(0x10, head + raw.text(reader.name)))
        assert wire.read()[0] == raw.CONNACK
        wire.send(raw.packet(0x82, b"\x00\x01\x00" + raw.text(topic) + b"\x01"))
        assert wire.read()[0] == raw.SUBACK
        for number in range(5):
            out.publish(topic, str(number))
        first, second = wire.read(), wire.read()
        wire.send(raw.PINGREQ)
        assert wire.read()[0] == raw.PINGRESP, "no third PUBLISH before an acknowledgement"
        for _, body in (first, second):
            at = 2 + int.from_bytes(body[:2], "big")
            wire.send(raw.packet(raw.PUBACK, body[at:at + 2]))
        assert wire.read()[0] & 0xF0 == 0x30 and wire.read()[0] & 0xF0 == 0x30


def test_mqtt_5_properties_travel(server, register):
    device = register()
    with Client(server, device, v5=True) as client:
        client.subscribe("props/x")
        properties = Properties(PacketTypes.PUBLISH)
        properties.ContentType, properties.CorrelationData = "application/json", b"\x00\x01"
        properties.ResponseTopic = "props/answer"
        properties.UserProperty = [("a", "1"), ("a", "2")]
        client.paho.publish("props/x", "{}", 1, properties=properties)
        seen = client.receive().properties
    assert seen.ContentType == "application/json" and seen.CorrelationData == b"\x00\x01"
    assert seen.ResponseTopic == "props/answer"
    assert seen.UserProperty == [("a", "1"), ("a", "2")]


def test_empty_levels_are_levels(server, register):
    with Client(server, register(policies.EVERYTHING)) as client:
        client.subscribe("/lead/#", "trail/", "a//b")
        for topic in ("/lead/x", "trail/", "a//b"):
            client.publish(topic, "1")
            assert client.receive().topic == topic
