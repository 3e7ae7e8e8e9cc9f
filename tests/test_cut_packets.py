# SPDX-License-Identifier: Apache-2.0
"""Every packet that a client sends, cut at every byte and joined with others, at every door: in clear,
by TLS, by WebSocket and by WebSocket in TLS."""

import struct

import pytest

from harness import device, policies, raw
from harness.plain import PUBCOMP, PUBREC, PUBREL, Plain
from harness.server import Server
from harness.websocket import WebSocket

DOORS = ("mqtt", "mqtts", "ws", "wss")
TOPIC = "cut/here"
UNSUBACK, PUBLISH = 0xB0, 0x30


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cut")
    policy = folder / "policy.json"
    policy.write_text(policies.EVERYTHING)
    env = {"HEADWATER_LISTEN_MQTT": "127.0.0.1:0", "HEADWATER_MQTT_ANONYMOUS_POLICY": str(policy),
           "HEADWATER_KEEP": "off"}
    with Server(folder, env=env) as running:
        running.meter = device.register(running, folder, policies.EVERYTHING)
        yield running


def door(server, name: str):
    """A connection that has said nothing yet."""
    if name == "mqtt":
        return Plain(server, 5)
    if name == "mqtts":
        return raw.Wire(server, server.meter)
    return WebSocket(server, {"ws": "http", "wss": "https"}[name], **server.keys.bearer)


def packets(client_id: str) -> dict[str, bytes]:
    """One of each, of MQTT 5, with properties where there is room for some."""
    connect = (raw.text("MQTT") + b"\x05\x02\x00\x3c" + b"\x05\x11\x00\x00\x00\x00"
               + raw.text(client_id))
    subscribe = b"\x00\x01" + b"\x02\x0b\x07" + raw.text("cut/#") + b"\x02"

    def publish(qos: int, packet_id: int) -> bytes:
        number = struct.pack(">H", packet_id) if qos else b""
        user = b"\x26" + raw.text("k") + raw.text("v")
        body = raw.text(TOPIC) + number + raw.varint(len(user)) + user + b"payload"
        return raw.packet(PUBLISH | qos << 1, body)

    return {
        "CONNECT": raw.packet(0x10, connect),
        "SUBSCRIBE": raw.packet(0x82, subscribe),
        "PUBLISH 0": publish(0, 0), "PUBLISH 1": publish(1, 5), "PUBLISH 2": publish(2, 6),
        "PUBACK": raw.packet(0x40, b"\x00\x01"),
        "PUBREC": raw.packet(PUBREC, b"\x00\x02"),
        "PUBREL": raw.packet(PUBREL, b"\x00\x06\x00\x00"),
        "PUBCOMP": raw.packet(PUBCOMP, b"\x00\x02\x00"),
        "UNSUBSCRIBE": raw.packet(0xA2, b"\x00\x02\x00" + raw.text("cut/#")),
        "PINGREQ": raw.PINGREQ,
        "AUTH": raw.packet(0xF0, b"\x18\x00"),
        "DISCONNECT": raw.packet(0xE0, b"\x00\x05\x11\x00\x00\x00\x00"),
    }


class Talk:
    """A client whose packets leave in two pieces."""

    def __init__(self, wire, cut: int | None):
        self.wire, self.cut = wire, cut

    def say(self, packet: bytes):
        at = self.cut and min(self.cut, len(packet) - 1)
        for piece in (packet[:at], packet[at:]) if at else (packet,):
            self.wire.send(piece)

    def hear(self, first: int) -> bytes:
        got, body = self.wire.read()
        assert got & 0xF0 == first & 0xF0, f"{got:#x} {body!r} in the place of {first:#x}"
        return body

    def message(self) -> tuple[int, int]:
        """(QoS, packet id) of one that came."""
        first, body = self.wire.read()
        assert first & 0xF0 == PUBLISH and body.endswith(b"payload"), (first, body)
        qos, at = first >> 1 & 3, 2 + len(TOPIC)
        return qos, struct.unpack(">H", body[at:at + 2])[0] if qos else 0


def converse(wire, cut: int | None, client_id: str):
    """Everything a client can say, and what it must hear."""
    say, talk = packets(client_id), Talk(wire, cut)
    talk.say(say["CONNECT"])
    assert talk.hear(raw.CONNACK)[1] == 0
    talk.say(say["SUBSCRIBE"])
    assert talk.hear(raw.SUBACK)[-1] == 2
    talk.say(say["PUBLISH 0"])
    assert talk.message() == (0, 0)
    talk.say(say["PUBLISH 1"])
    assert talk.hear(raw.PUBACK)[:2] == b"\x00\x05"
    qos, number = talk.message()
    assert qos == 1
    talk.say(raw.packet(0x40, struct.pack(">H", number)))
    talk.say(say["PUBLISH 2"])
    assert talk.hear(PUBREC)[:2] == b"\x00\x06"
    talk.say(say["PUBREL"])
    assert talk.hear(PUBCOMP)[:2] == b"\x00\x06"
    qos, number = talk.message()
    assert qos == 2
    talk.say(raw.packet(PUBREC, struct.pack(">H", number)))
    assert talk.hear(PUBREL)[:2] == struct.pack(">H", number)
    talk.say(raw.packet(PUBCOMP, struct.pack(">H", number)))
    talk.say(say["UNSUBSCRIBE"])
    assert talk.hear(UNSUBACK)[-1] == 0
    talk.say(say["PINGREQ"])
    talk.hear(raw.PINGRESP)
    talk.say(say["DISCONNECT"])
    assert wire.read()[0] == 0


@pytest.mark.parametrize("name", DOORS)
def test_split_at_every_byte(house, name):
    longest = max(map(len, packets(house.meter.name).values()))
    for cut in (None, *range(1, longest)):
        with door(house, name) as wire:
            converse(wire, cut, house.meter.name)


@pytest.mark.parametrize("name", DOORS)
def test_joined(house, name):
    """All of it in one piece, and in pieces that end within the next packet."""
    say = packets(house.meter.name)
    order = ("SUBSCRIBE", "PUBLISH 0", "PUBLISH 1", "PUBLISH 2", "PUBREL", "UNSUBSCRIBE", "PINGREQ")
    whole = b"".join(say[one] for one in order)
    for step in (len(whole), 1, 2, 3, 7, 50):
        with door(house, name) as wire:
            wire.send(say["CONNECT"])
            assert wire.read()[0] == raw.CONNACK
            for at in range(0, len(whole), step):
                wire.send(whole[at:at + step])
            heard = []
            while not heard or heard[-1] != raw.PINGRESP:
                heard.append(wire.read()[0] & 0xF0)
                assert heard[-1], f"it was closed after {heard}"
        answers = [one for one in heard if one != PUBLISH]
        assert answers == [raw.SUBACK, raw.PUBACK, PUBREC, PUBCOMP, UNSUBACK, raw.PINGRESP], step
        assert heard.count(PUBLISH) == 3, (step, heard)


@pytest.mark.parametrize("name", DOORS)
def test_cut_short_at_every_byte(house, name):
    """A peer that goes away amid a packet leaves nothing behind and disturbs nobody."""
    with Plain(house, 5) as witness:
        witness.welcome("witness")
        assert witness.subscribe("cut/#") == 0
        for what, packet in packets(house.meter.name).items():
            for size in range(1, len(packet)):
                with door(house, name) as wire:
                    if what != "CONNECT":
                        wire.send(packets(house.meter.name)["CONNECT"])
                        assert wire.read()[0] == raw.CONNACK
                    wire.send(packet[:size])
        witness.publish("cut/end", b"end")
        assert witness.read()[1].endswith(b"end"), "nothing came before"
