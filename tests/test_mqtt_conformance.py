# SPDX-License-Identifier: Apache-2.0
"""What public suites of MQTT found, or demand where the standard leaves a choice: in every version,
from shard to shard. docs/mqtt.md has the choices ("Where the standard leaves a choice").
"""

import itertools
import queue
import threading

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from harness import policies, raw
from harness.plain import PUBCOMP, PUBREC, PUBREL, Plain, number
from harness.server import Server

VERSIONS = pytest.mark.parametrize("version", [3, 4, 5], ids=["3.1", "3.1.1", "5"])
LATER = pytest.mark.parametrize("version", [4, 5], ids=["3.1.1", "5"])
PAHO = {3: MQTTProtocolVersion.MQTTv31, 4: MQTTProtocolVersion.MQTTv311, 5: MQTTProtocolVersion.MQTTv5}
SESSION_EXPIRY, WILL_DELAY, ASKS_FOR_WORDS = 0x11, 0x18, b"\x17\x01"
WILL, PERSISTENT_WILL = 0x06, 0x04
names = (f"conform-{n}" for n in itertools.count())


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("conform")
    policy = folder / "policy.json"
    policy.write_text(policies.EVERYTHING)
    env = {"HEADWATER_LISTEN_MQTT": "127.0.0.1:0", "HEADWATER_MQTT_ANONYMOUS_POLICY": str(policy),
           "HEADWATER_SHARDS": "3", "HEADWATER_MQTT_KEEP_ALIVE_MAX_S": "60"}
    with Server(folder, env=env) as running:
        yield running


@pytest.fixture
def come(server):
    """`come(version)` connects clients that are gone after the test."""
    there = []

    def connect(version: int, client_id: str | None = None, **more) -> Plain:
        there.append(Plain(server, version))
        there[-1].welcome(client_id or next(names), **more)
        return there[-1]

    yield connect
    for client in there:
        client.socket.close()


def person(server, version: int, keep_alive: int = 60):
    """A client of paho's own making, and the messages that it gets."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=next(names), protocol=PAHO[version],
                         reconnect_on_failure=False)
    client.got, client.told, up = queue.Queue(), {}, threading.Event()

    def connected(_client, _data, flags, code, properties):
        client.told = properties.json() if properties else {}
        assert not code.is_failure
        up.set()

    client.on_connect = connected
    client.on_message = lambda _c, _d, message: client.got.put((message.payload, message.qos))
    client.connect(*server.address("mqtt"), keep_alive)
    client.loop_start()
    assert up.wait(10), "no CONNACK"
    return client


@VERSIONS
@pytest.mark.parametrize("to", [3, 4, 5])
def test_every_version_hears_every_other(server, version, to):
    sender, reader = person(server, version), person(server, to)
    subscribed = threading.Event()
    reader.on_subscribe = lambda *_: subscribed.set()
    reader.subscribe(f"pair/{version}/{to}", 2)
    assert subscribed.wait(10)
    for qos in range(3):
        sender.publish(f"pair/{version}/{to}", f"at {qos}", qos).wait_for_publish(10)
    got = sorted(reader.got.get(timeout=10) for _ in range(3))
    assert got == [(b"at 0", 0), (b"at 1", 1), (b"at 2", 2)]
    for client in (sender, reader):
        client.disconnect()
        client.loop_stop()


def test_only_mqtt_5_is_granted_another_keep_alive(server):
    for version, asked, told in [(5, 300, 60), (5, 30, None), (4, 300, None), (3, 300, None)]:
        client = person(server, version, asked)
        assert client.told.get("ServerKeepAlive") == told
        client.disconnect()
        client.loop_stop()


def test_flags_that_only_3_1_takes(server, come):
    lax = Plain(server, 3)
    lax.send(raw.packet(0x14, raw.text("MQIsdp") + b"\x03\x03\x00\x0a" + raw.text("lax")))
    assert lax.answer() == b"\x20\x02\x00\x00"
    lax.send(b"\x6a\x02\x00\x09")
    assert lax.answer() == b"\x70\x02\x00\x09"
    strict = come(4)
    strict.send(b"\x6a\x02\x00\x09")
    assert strict.answer() == b""
    nameless = Plain(server, 3).connect("")
    assert (nameless.answer(), nameless.answer()) == (b"\x20\x02\x00\x02", b"")
    unknown = Plain(server, 4)
    unknown.send(raw.packet(0x10, raw.text("MQTT") + b"\x09\x02\x00\x0a" + raw.text("x")))
    assert unknown.answer()[:4] == b"\x20\x03\x00\x84"


def test_words_are_for_those_who_ask(come):
    silent, curious = come(5), come(5, properties=ASKS_FOR_WORDS)
    for client in (silent, curious):
        client.send(raw.packet(0x82, b"\x00\x01\x00" + raw.text("x") + b"\x40"))
    assert silent.answer() == b"\xe0\x01\x81"
    first, body = curious.read()
    assert (first, body[0], body[2]) == (raw.DISCONNECT, 0x81, 0x1F)
    assert b"reserved" in body


@VERSIONS
def test_who_publishes_hears_whether_anybody_subscribed(come, version):
    # Topics of its own: the reader of the version before may not be gone yet.
    space = f"heard-{version}"
    reader, writer = come(version), come(version)
    unheard = b"\x40\x03\x00\x01\x10" if version == 5 else b"\x40\x02\x00\x01"
    writer.publish(f"{space}/not", b"", 1)
    assert writer.answer() == unheard
    assert reader.subscribe(f"{space}/+", 0) == 0
    writer.publish(f"{space}/now", b"x", 1)
    assert writer.answer() == b"\x40\x02\x00\x01"
    assert reader.message()[:2] == (f"{space}/now", b"x")


@VERSIONS
def test_a_publisher_of_qos_2_is_answered_before_it_hears_itself(come, version):
    client = come(version)
    assert client.subscribe("echo/2", 2) == 2
    client.publish("echo/2", b"x", 2, 5)
    assert client.answer() == b"\x50\x02\x00\x05"
    client.acknowledge(PUBREL, 5)
    got = {client.answer()[0] & 0xF0, client.answer()[0] & 0xF0}
    assert got == {0x30, PUBCOMP}


@VERSIONS
def test_the_same_id_again_is_the_same_message_or_takes_its_place(come, version):
    reader, writer = come(version), come(version)
    assert reader.subscribe("again/2", 0) == 0
    for payload in (b"one", b"one", b"two", b"two"):
        writer.publish("again/2", payload, 2, 9)
        assert writer.answer() == b"\x50\x02\x00\x09"
    assert reader.is_silent()
    writer.acknowledge(PUBREL, 9)
    assert writer.answer() == b"\x70\x02\x00\x09"
    assert reader.message()[1] == b"two"
    for again in range(3):
        writer.publish("again/2", b"three", 2, 9)
        wanted = {3: b"\x50\x02\x00\x09", 4: b"", 5: b"\xe0\x01\x82"}[version]
        assert writer.answer() == (b"\x50\x02\x00\x09" if again < 2 else wanted)
    writer.socket.close()
    # Nobody can release it any more, and it was taken.
    assert reader.message()[1] == b"three"
    assert reader.is_silent()


@pytest.mark.parametrize("lasts", [False, True])
@VERSIONS
def test_a_message_of_qos_2_goes_out_when_it_is_released(come, version, lasts):
    reader, name = come(version), next(names)
    assert reader.subscribe(f"held/{name}", 2) == 2
    properties = number(SESSION_EXPIRY, 60, 4) if lasts and version == 5 else b""
    flags = 0 if lasts else 2
    writer = come(version, name, flags=flags, properties=properties)
    for packet_id in (7, 4):
        writer.publish(f"held/{name}", str(packet_id).encode(), 2, packet_id)
        assert writer.answer()[0] & 0xF0 == PUBREC
    assert reader.is_silent()
    writer.acknowledge(PUBREL, 4)
    assert writer.answer()[0] & 0xF0 == PUBCOMP
    assert reader.message()[1] == b"4"
    writer.socket.close()
    assert reader.message()[1] == b"7"
    if lasts:
        # The session knows that it went out.
        writer = come(version, name, flags=flags, properties=properties)
        writer.acknowledge(PUBREL, 7)
        assert writer.answer()[0] & 0xF0 == PUBCOMP
        assert reader.is_silent()


@VERSIONS
def test_answers_to_nothing_and_to_something_else(come, version):
    client = come(version)
    client.acknowledge(PUBREC, 3)
    client.acknowledge(PUBREL, 4)
    client.acknowledge(raw.PUBACK, 5)
    client.acknowledge(PUBCOMP, 6)
    assert (client.answer(), client.answer()) == (b"\x62\x02\x00\x03", b"\x70\x02\x00\x04")
    assert client.is_silent()
    for qos, answer in [(1, PUBREC), (1, PUBCOMP), (2, raw.PUBACK), (2, PUBCOMP)]:
        reader, writer = come(version), come(version)
        assert reader.subscribe(f"wrong/{qos}/{answer}", 2) == 2
        writer.publish(f"wrong/{qos}/{answer}", b"", qos)
        writer.acknowledge(PUBREL, 1)
        assert reader.message()[2:] == (qos, 1)
        reader.acknowledge(answer, 1)
        assert reader.answer() == (b"\xe0\x01\x82" if version == 5 else b"")


@VERSIONS
def test_members_of_a_group_take_turns_across_shards(come, version):
    members = [come(version) for _ in range(5)]
    for member in members:
        assert member.subscribe(f"$share/crew/turn/{version}", 0) == 0
    writers = [come(version) for _ in range(3)]
    for at in range(15):
        writer = writers[at % 3]
        writer.publish(f"turn/{version}", str(at).encode(), 1)
        assert writer.answer()[0] == raw.PUBACK
    for at, member in enumerate(members):
        assert [int(member.message()[1]) for _ in range(3)] == [at, at + 5, at + 10]


@pytest.mark.parametrize("lasts", [False, True])
@pytest.mark.parametrize("clean", [False, True])
@LATER
def test_a_will_at_a_takeover_is_published_if_the_session_ends(come, version, lasts, clean):
    heir, name = come(version), next(names)
    assert heir.subscribe(f"will/{name}", 0) == 0
    properties = number(SESSION_EXPIRY, 60, 4) if lasts and version == 5 else b""
    flags = PERSISTENT_WILL if lasts else WILL
    old = come(version, name, properties=properties, flags=flags,
               will=heir.will(f"will/{name}", b"gone"))
    come(version, name, flags=0x02 if clean else 0x00)
    if version == 5:
        assert old.answer() == b"\xe0\x01\x8e"
    if clean or not lasts:
        assert heir.message()[1] == b"gone"
    assert heir.is_silent()


def test_a_delay_counts_unless_the_session_is_said_to_end(come):
    heir, silent, ending, back = come(5), next(names), next(names), next(names)
    assert heir.subscribe("delay/+", 0) == 0
    delay = number(WILL_DELAY, 2, 4)
    for name, properties in [(silent, b""), (ending, number(SESSION_EXPIRY, 0, 4)), (back, b"")]:
        will = heir.will(f"delay/{name}", b"gone", delay)
        come(5, name, properties=properties, flags=WILL, will=will).socket.close()
    assert heir.message()[0] == f"delay/{ending}", "at once"
    come(5, back)
    assert heir.message()[0] == f"delay/{silent}", "when its delay is over"
    assert heir.is_silent()


@LATER
def test_a_will_that_nobody_may_publish(server, version):
    client = Plain(server, version)
    client.connect(next(names), flags=WILL, will=client.will("$CONTROL/any/v1", b"do"))
    assert client.answer() == b""


def test_reserved_topics_are_answered_for(come):
    for topic in ("$SYS/broker/uptime", "$share/a/b"):
        client = come(5)
        client.publish(topic, b"", 1, 3)
        assert client.answer() == b"\x40\x03\x00\x03\x87"
        assert (client.answer(), client.answer()) == (b"\xe0\x01\x87", b"")
    bridge = come(5)
    bridge.publish("$SYS/broker/connection/a bridge/state", b"1", 1, 3)
    assert bridge.answer() == b"\x40\x03\x00\x03\x10"


@pytest.mark.parametrize("level", [b"\x00\x06MQIsdp\x83", b"\x00\x04MQTT\x84"])
def test_bridges_of_version_3_get_nothing_of_their_own(server, level):
    """They set the high bit of the level, as mosquitto's do."""
    bridge = Plain(server, 4)
    name = next(names).encode()
    body = level + b"\x02\x00\x3c" + len(name).to_bytes(2, "big") + name
    bridge.socket.sendall(bytes([0x10, len(body)]) + body)
    assert bridge.answer() == b"\x20\x02\x00\x00"
    assert bridge.subscribe("loop/#", 1) == 1
    bridge.publish("loop/own", b"x", 1, 3)
    assert bridge.answer() == b"\x40\x02\x00\x03"
    bridge.socket.sendall(b"\xc0\x00")
    assert bridge.answer() == b"\xd0\x00"


@pytest.mark.parametrize("version", [4, 5])
def test_a_will_without_a_topic_or_cut_short_gets_no_answer(server, version):
    for will in (b"\x00\x00\x00\x01x", b"\x00\x01a", b"\x00\x01a\x00\x02x"):
        client = Plain(server, version)
        none = b"\x00" if version == 5 else b""
        body = b"\x00\x04MQTT" + bytes([version, 6, 0, 60]) + none + b"\x00\x01c" + none + will
        client.socket.sendall(bytes([0x10, len(body)]) + body)
        assert client.answer() == b""


def test_packet_ids_count_what_was_dropped(come):
    name, writer = next(names), come(5)
    lasting = {"flags": 0, "properties": number(SESSION_EXPIRY, 60, 4)}
    reader = come(5, name, **lasting)
    assert reader.subscribe("count/+", 1) == 1
    reader.socket.close()
    for at, seconds in enumerate([1, 60, 1, 60], 1):
        writer.publish(f"count/{at}", b"", 1, at, number(0x02, seconds, 4))
        assert writer.answer() == bytes([0x40, 2, 0, at])
    gone = threading.Event()
    assert not gone.wait(1.1), "the first and the third expire meanwhile"
    reader = come(5, name, **lasting)
    assert [reader.message()[::3] for _ in range(2)] == [("count/2", 2), ("count/4", 4)]


def test_what_is_too_large_has_had_its_packet_id(come):
    reader, writer = come(5, properties=number(0x27, 40, 4)), come(5)
    assert reader.subscribe("size/+", 1) == 1
    for at, payload in enumerate([b"x" * 40, b"small"], 1):
        writer.publish(f"size/{at}", payload, 1, at)
        assert writer.answer() == bytes([0x40, 2, 0, at])
    assert reader.message() == ("size/2", b"small", 1, 2)


def test_small_packets_and_large_ones(server, come):
    spared = Plain(server, 5).welcome(next(names), properties=number(0x27, 15, 4))
    assert len(spared) + 2 <= 15 and 0x21 in spared
    many = b"".join(b"\x26" + raw.text("name") + raw.text("value") for _ in range(5_000))
    come(5, "a name/with #all+ kinds[]" * 2_600, properties=many)


@VERSIONS
def test_the_deepest_topic(come, version):
    deepest, reader = "/" * 200, come(version)
    assert reader.subscribe(deepest, 1) == 1
    assert reader.subscribe("+/" * 200 + "#", 0) == 0
    reader.publish(deepest, b"down there")
    assert reader.message()[:2] == (deepest, b"down there")
    reader.publish(deepest + "/", b"", 1)
    assert reader.answer() == (b"\xe0\x01\x81" if version == 5 else b"")


@LATER
@pytest.mark.parametrize("topic_filter, code", [
    ("$share/any+/x", 0x82), ("$share/any", 0x82), ("$share/any/", 0x82), ("$share/any#/x", 0x81),
    ("/" * 201, 0x81)])
def test_filters_that_are_none(come, version, topic_filter, code):
    client = come(version)
    section = b"\x00" if version == 5 else b""
    client.send(raw.packet(0x82, b"\x00\x01" + section + raw.text(topic_filter) + b"\x00"))
    assert client.answer() == (bytes([0xE0, 1, code]) if version == 5 else b"")


def test_aliases_both_ways(come):
    reader, writer = come(5, properties=number(0x22, 1, 2)), come(5)
    assert reader.subscribe("alias/#", 0) == 0
    writer.publish("alias/a", b"1", properties=number(0x23, 3, 2))
    writer.publish("", b"2", properties=number(0x23, 3, 2))
    writer.publish("alias/b", b"3")
    assert [reader.message()[:2] for _ in range(3)] == [("alias/a", b"1"), ("", b"2"), ("alias/b", b"3")]
    writer.publish("", b"4", properties=number(0x23, 4, 2))
    assert writer.answer() == b"\xe0\x01\x82", "it stands for nothing"
    writer = come(5)
    writer.publish("alias/a", b"5", properties=number(0x23, 999, 2))
    assert writer.answer() == b"\xe0\x01\x94", "it is above the maximum"
