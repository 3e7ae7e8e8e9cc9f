# SPDX-License-Identifier: Apache-2.0
"""MQTT over WebSocket: who may open one, frames cut and joined anywhere, frames that are wrong."""

import random

import pytest
from harness import device, policies, raw, web
from harness.waiting import until
from harness.websocket import (BINARY, CLOSE, CONTINUATION, PING, TEXT, WebSocket, frame)


@pytest.fixture
def open_socket(server):
    """`open_socket(client_id, …)`: accepted by MQTT, with an API key unless told otherwise."""
    opened = []

    def make(client_id: str, door: str = "http", version: int = 4, **more) -> WebSocket:
        more.setdefault("Authorization", server.keys.bearer["Authorization"])
        opened.append(WebSocket(server, door, **more))
        assert opened[-1].status == 101, opened[-1].headers
        opened[-1].send(raw.connect(client_id, version))
        first, body = opened[-1].read()
        assert (first, body[1]) == (raw.CONNACK, 0), body
        return opened[-1]

    yield make
    for one in opened:
        one.socket.close()


def events(server, kind: str) -> list[dict]:
    asked = web.ask(server, "GET", f"/api/v1/events?kind={kind}&limit=500", **server.keys.bearer)
    return asked.json()["events"]


def subscribed(socket: WebSocket, topic_filter: str) -> WebSocket:
    socket.send(raw.subscribe(topic_filter))
    assert socket.read()[0] == raw.SUBACK
    return socket


def message(socket: WebSocket) -> bytes:
    """The payload of the next PUBLISH with QoS 1 on a topic of 4 characters."""
    first, body = socket.read()
    assert first & 0xF0 == 0x30, (first, body)
    return body[2 + 4 + 2:]


def test_a_message_passes_both_doors_and_both_protocols(open_socket):
    to = subscribed(open_socket("ws-to", "https", protocol="mqttv3.1"), "ws/a")
    assert to.headers["sec-websocket-protocol"] == "mqttv3.1"
    sender = open_socket("ws-from")
    assert sender.headers["sec-websocket-protocol"] == "mqtt"
    for payload in (b"", b"x", b"y" * 125, b"z" * 126, b"q" * 70_000):
        sender.send(raw.publish("ws/a", payload, 7))
        assert sender.read() == (raw.PUBACK, b"\0\7")
        assert message(to) == payload


def test_packets_cut_at_every_byte_and_joined(open_socket):
    to = subscribed(open_socket("ws-cut-to", "https"), "ws/c")
    for door in ("http", "https"):
        sender = open_socket(f"ws-cut-{door}", door)
        packet = raw.publish("ws/c", b"0123456789", 9)
        for at in range(1, len(packet)):
            sender.send_raw(frame(packet[:at]) + frame(packet[at:]))
            assert message(to) == b"0123456789"
            assert sender.read()[0] == raw.PUBACK
        whole = frame(packet) + frame(packet * 2)
        for at in range(1, len(whole), 3):
            sender.send_raw(whole[:at])
            sender.send_raw(whole[at:])
            for _ in range(3):
                assert message(to) == b"0123456789"
                assert sender.read()[0] == raw.PUBACK
        fragments = [frame(packet[:3], last=False), frame(b"hi", PING),
                     frame(b"", CONTINUATION, last=False), frame(packet[3:], CONTINUATION)]
        sender.send_raw(b"".join(fragments))
        assert message(to) == b"0123456789"
        assert sender.pong() == b"hi"


def test_a_connect_cut_into_frames_of_a_byte(server):
    with WebSocket(server, "https", **server.keys.bearer) as socket:
        for byte in raw.connect("ws-bytes"):
            socket.send(bytes([byte]))
        assert socket.read() == (raw.CONNACK, b"\0\0")
        socket.send(raw.PINGREQ)
        assert socket.read()[0] == raw.PINGRESP


def test_what_is_behind_the_request_is_not_lost(server):
    """Frames in the same segment as the request, and a packet in the frame of the CONNECT."""
    with WebSocket(server, "http", **server.keys.bearer) as socket:
        socket.send(raw.connect("ws-behind") + raw.PINGREQ)
        socket.send_raw(frame(b"early", PING))
        assert socket.read()[0] == raw.CONNACK
        assert socket.read()[0] == raw.PINGRESP
        assert socket.pong() == b"early"


def test_a_close_is_answered(open_socket):
    socket = open_socket("ws-close")
    socket.send_raw(frame(b"\x03\xe8bye", CLOSE))
    assert socket.end() == 1000


def test_disconnect_closes_the_websocket(open_socket):
    socket = open_socket("ws-disconnect", "https")
    socket.send(b"\xe0\x00")
    assert socket.end() == 1000


@pytest.mark.parametrize("before_connect", [True, False])
@pytest.mark.parametrize("bad, code", [
    (frame(b"text", TEXT), 1003),
    (frame(b"plain", masked=False), 1002),
    (frame(b"x", reserved=4), 1002),
    (frame(b"x", reserved=1), 1002),
    (frame(b"x", opcode=3), 1002),
    (frame(b"x", CONTINUATION), 1002),
    (frame(b"x", PING, last=False), 1002),
    (frame(b"x" * 126, PING), 1002),
    (frame(b"x", CLOSE), 1002),
    (frame(b"", BINARY, length=1 << 40), 1009),
], ids=lambda value: str(value) if isinstance(value, int) else None)
def test_a_broken_frame_is_told_by_its_code(server, open_socket, bad, code, before_connect):
    if before_connect:
        socket = WebSocket(server, "http", **server.keys.bearer)
    else:
        socket = open_socket(f"ws-bad-{random.random()}")
    socket.send_raw(bad)
    assert socket.end() == code
    socket.socket.close()


def test_a_packet_that_breaks_mqtt_ends_the_websocket(open_socket):
    for wrong in (b"\x30\xff\xff\xff\xff\xff\x01", b"\x00\x00", b"\x62\x00"):
        socket = open_socket("ws-wrong")
        socket.send(wrong)
        assert socket.end() in (None, 1000)


def test_who_may_open_one(server, register, tmp_path):
    nobody = WebSocket(server, "https")
    assert (nobody.status, nobody.headers.get("upgrade")) == (403, None)
    wrong = WebSocket(server, "https", Authorization="Bearer hw_0123456789abcdef_x")
    assert wrong.status == 403
    unknown = WebSocket(server, "https", device=device.stranger(server, tmp_path))
    assert unknown.status == 403
    meter = register(policies.EVERYTHING)
    with WebSocket(server, "https", device=meter) as socket:
        assert socket.status == 101
        socket.send(raw.connect(meter.name))
        assert socket.read() == (raw.CONNACK, b"\0\0")
    iot = server.keys.client("iot")
    iot.update_certificate(certificateId=meter.certificate_id, newStatus="INACTIVE")
    assert WebSocket(server, "https", device=meter).status == 403


def test_what_is_no_websocket_is_told_what_would_be_one(server):
    key = server.keys.bearer
    assert WebSocket(server, "http", protocol=None, **key).status == 400
    assert WebSocket(server, "http", protocol="soap", **key).status == 400
    assert WebSocket(server, "http", Sec_WebSocket_Version="8", **key).status == 426
    assert WebSocket(server, "http", Upgrade="h2c", **key).status == 426
    assert web.ask(server, "GET", "/mqtt", **key).status == 426


def test_a_session_opens_one_from_our_own_page_alone(fresh):
    server = fresh()
    browser = web.administrator(server)
    port = server.address("http")[1]
    own = {"Cookie": browser.cookie, "Origin": f"http://localhost:{port}"}
    for other in ({"Cookie": browser.cookie}, {**own, "Origin": "https://evil.example"},
                  {**own, "Origin": f"http://localhost:{port + 1}"},
                  {**own, "Sec-Fetch-Site": "same-site"}):
        assert WebSocket(server, "http", **other).status == 403, other
    with WebSocket(server, "http", **own) as socket:
        assert socket.status == 101
        socket.send(raw.connect("viewer-1"))
        assert socket.read() == (raw.CONNACK, b"\0\0")
        # Signing out ends it.
        assert browser.ask("DELETE", "/api/v1/session").status < 300
        socket.socket.settimeout(5)
        socket.end()


def test_a_revoked_key_is_cut_within_a_second(fresh):
    server = fresh()
    admin = web.administrator(server)
    made = admin.ask("POST", "/api/v1/keys", {"label": "ws", "role": "read"}).json()
    secret = made.get("key") or made.get("api_key")
    bearer = web.bearer(secret)
    with WebSocket(server, "http", **bearer) as socket:
        socket.send(raw.connect("device-7"))
        assert socket.read()[1][1] != 0, "who reads takes no device's place"
    with WebSocket(server, "http", **bearer) as socket:
        socket.send(raw.connect("auto-7"))
        assert socket.read()[1][1] != 0, "nor that of one whose id the server assigned"
    with WebSocket(server, "http", **bearer) as socket:
        socket.send(raw.connect("", version=5))
        first, body = socket.read()
        assert (first, body[1]) == (raw.CONNACK, 0) and b"viewer-" in body
    with WebSocket(server, "http", **bearer) as socket:
        socket.send(raw.connect("viewer-7"))
        assert socket.read() == (raw.CONNACK, b"\0\0")
        subscribed(socket, "#")
        key_id = secret.split("_")[1]
        assert admin.ask("DELETE", f"/api/v1/keys/{key_id}").status < 300
        socket.socket.settimeout(2)
        socket.end()


def test_half_open_websockets_cost_little_and_end(server):
    """Each announces a CONNECT of 64 KB and sends a byte of it."""
    sockets = [WebSocket(server, "http", seconds=15, **server.keys.bearer) for _ in range(50)]
    before = server.resident_kb()
    sockets += [WebSocket(server, "http", seconds=15, **server.keys.bearer) for _ in range(400)]
    for socket in sockets:
        socket.send(b"\x10\xff\xff\x03\x00")
    assert server.resident_kb() - before < 400 * 16
    assert {socket.end() for socket in sockets} == {1008}
    cause = "no whole CONNECT within 10 s"
    until(lambda: cause in {event["cause"] for event in events(server, "connect")}, 5, "the event")
