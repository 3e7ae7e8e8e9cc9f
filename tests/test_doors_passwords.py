# SPDX-License-Identifier: Apache-2.0
"""User name and password in CONNECT: by which doors, for whom, and what ends it."""

import base64
import json
import socket
import ssl
import time

import paho.mqtt.client as paho
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from harness import binary, device, policies, raw, web
from harness.waiting import until
from harness.websocket import WebSocket
from test_doors_authorizers import IN, OUT, answer, connect, dial, events

PASSWORD = "a long enough one"


@pytest.fixture(scope="module")
def users(server):
    """`users(verb, …)` of the command line."""
    def run(verb: str, *more: str, **how):
        return binary.run("mqtt-users", verb, *more, "--data", str(server.data), **how)

    return run


@pytest.fixture
def pump(server, users):
    """A user that may use the topic `pump` alone, and its password."""
    iot = server.keys.client("iot")
    name = f"pump-{time.monotonic_ns()}"
    iot.create_policy(policyName=name, policyDocument=policies.only_topics("pump"))
    iot.create_thing(thingName=name)
    made = users("add", name, "--policy", name, "--thing", name)
    password = made.stdout.strip()
    assert len(password) == 43 and "shown this once" in made.stderr
    yield name, password
    users("rm", name, check=False)
    iot.delete_policy(policyName=name)


@pytest.mark.parametrize("alpn", ["mqtt", None])
def test_plain_tls_on_the_https_port(server, pump, alpn):
    name, password = pump
    how = {"door": "https", "alpn": alpn}
    assert answer(server, name, password.encode(), **how) == IN
    assert answer(server, name + "?SDK=x&Version=1", password.encode(), **how) == IN
    assert answer(server, name, None, **how) == OUT
    assert answer(server, None, None, **how) == OUT
    assert answer(server, name, b"wrong", **how) == OUT
    assert answer(server, "nobody", password.encode(), **how) == OUT
    refused = [one for one in events(server) if one["outcome"] == "refused"
               and one.get("principal") == f"mqtt-user/{name}"]
    assert refused and "user name or password is wrong" in str(refused)
    assert password not in str(events(server))


def test_a_websocket_and_its_policy(server, pump):
    name, password = pump
    with WebSocket(server, "https") as ws:
        assert ws.status == 101
        ws.send(connect("ws-pw", name, password.encode()))
        assert ws.read() == (raw.CONNACK, b"\0\0")
        ws.send(raw.publish("pump", b"1", 1))
        assert ws.read() == (raw.PUBACK, b"\0\1")
        ws.send(raw.publish("other", b"1", 2))
        assert ws.read() == (0, b""), "a denied publish ends the connection"
    said = web.ask(server, "GET", "/api/v1/messages?topic=pump", **server.keys.bearer)
    until(lambda: f"mqtt-user/{name}" in web.ask(
        server, "GET", "/api/v1/messages?topic=pump", **server.keys.bearer).text, 5, said.text)


def test_in_clear_nobody_comes_in(server, pump):
    name, password = pump
    with WebSocket(server, "http") as ws:
        assert ws.status == 403
    assert answer(server, name, password.encode(), door="mqtts", alpn=None) == b""
    assert answer(server, name, password.encode(), door="mqtts") == b""


def test_on_8883_where_it_is_allowed(fresh, tmp_path):
    server = fresh(env={"HEADWATER_LISTEN_MQTTS_PASSWORDS": "true"})
    data = ["--data", str(server.data)]
    assert answer(server, "pump", PASSWORD.encode(), alpn=None) == b"", "nobody has a password"
    server.keys.client("iot").create_policy(policyName="all", policyDocument=policies.EVERYTHING)
    binary.run("mqtt-users", "add", "pump", "--policy", "all", "--password-file", "-", *data,
               stdin=PASSWORD + "\n")
    for alpn in (None, "mqtt"):
        assert answer(server, "pump", PASSWORD.encode(), alpn=alpn) == IN
    assert answer(server, "pump", b"wrong", alpn=None) == OUT
    # A real client, by version 5.
    heard = []
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, "real", protocol=paho.MQTTv5)
    client.username_pw_set("pump", PASSWORD)
    client.tls_set(ca_certs=server.endpoints["ca"])
    client.on_connect = lambda *a: heard.append(str(a[3]))
    client.connect("localhost", server.address("mqtts")[1])
    client.loop_start()
    until(lambda: heard == ["Success"], 5, lambda: heard)
    client.disconnect()
    client.loop_stop()
    # A certificate counts, whatever user name stands beside it.
    meter = device.register(server, tmp_path, policies.EVERYTHING)
    with raw.Wire(server, meter) as wire:
        wire.send(connect(meter.name, "?SDK=x"))
        assert wire.read() == (raw.CONNACK, b"\0\0")
    with raw.Wire(server, meter) as wire:
        wire.send(connect(meter.name, "pump", b"wrong"))
        assert wire.read() == (raw.CONNACK, b"\0\0")


def cut_within_a_second(server, name: str, password: str, act) -> None:
    with dial(server, "https") as stream:
        stream.sendall(connect(f"live-{name}", name, password.encode()))
        assert stream.recv(4) == IN
        act()
        began = time.monotonic()
        try:
            assert stream.recv(4) == b""
        except (ssl.SSLError, ConnectionError):
            pass
        assert time.monotonic() - began < 1


def test_another_password_and_removal_cut(server, users, pump):
    name, password = pump
    made = []
    cut_within_a_second(server, name, password,
                        lambda: made.append(users("password", name).stdout.strip()))
    assert answer(server, name, made[0].encode(), door="https") == IN
    assert answer(server, name, password.encode(), door="https") == OUT
    cut_within_a_second(server, name, made[0], lambda: users("rm", name))
    assert answer(server, name, made[0].encode(), door="https") in (OUT, b"")


def test_a_change_of_policies_is_in_effect_at_once(server, users, pump):
    name, password = pump
    with dial(server, "https") as stream:
        stream.sendall(connect(f"live-{name}", name, password.encode()))
        assert stream.recv(4) == IN
        stream.sendall(raw.publish("pump", b"x", 1))
        assert stream.recv(4) == b"\x40\2\0\1"
        users("change", name, "--thing", name)
        assert not stream.recv(4), "without a policy it may not even connect"


def test_the_list_and_what_is_refused(server, users, pump):
    name, _ = pump
    table = users("ls").stdout
    assert name in table and "password changed" in table
    assert f'"thing": "{name}"' in users("ls", "--json").stdout
    assert users("add", name, check=False).returncode != 0
    assert "does not exist" in users("add", "x", "--policy", "none", check=False).stderr
    assert "does not exist" in users("add", "x", "--thing", "none", check=False).stderr
    assert "at least 12" in users("add", "x", "--password-file", "-", stdin="short", check=False).stderr
    assert users("rm", "nobody", check=False).returncode == 3
    reader = binary.run("keys", "create", "--role", "read", "--format", "json", "--data", str(server.data))
    key = json.loads(reader.stdout)["HEADWATER_API_KEY"]
    for method in ("GET", "POST"):
        refused = web.ask(server, method, "/api/v1/mqtt-users", {"name": "x"} if method == "POST" else None,
                          **web.bearer(key))
        assert refused.status == 403, refused.text


@pytest.mark.parametrize("removed", [False, True])
def test_a_will_that_waits_is_published_if_its_user_may_then(server, users, pump, removed):
    name, password = pump
    heard, payload = [], f"gone {name}".encode()
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, f"willing-{name}",
                         protocol=paho.MQTTv5)
    client.username_pw_set(name, password)
    context = ssl.create_default_context(cafile=server.endpoints["ca"])
    context.set_alpn_protocols(["mqtt"])
    client.tls_set_context(context)
    delay = Properties(PacketTypes.WILLMESSAGE)
    delay.WillDelayInterval = 2
    client.will_set("pump", payload, qos=1, properties=delay)
    client.on_connect = lambda *a: heard.append(str(a[3]))
    lasts = Properties(PacketTypes.CONNECT)
    lasts.SessionExpiryInterval = 60
    client.connect("localhost", server.address("https")[1], properties=lasts)
    client.loop_start()
    until(lambda: heard == ["Success"], 5, lambda: heard)
    client.loop_stop()
    client.socket().shutdown(socket.SHUT_RDWR)
    if removed:
        users("rm", name)
        until(lambda: [one for one in events(server, "will")
                       if one["outcome"] == "refused"
                       and one["principal"] == f"mqtt-user/{name}"], 8, "no event")
        return
    said = lambda: web.ask(server, "GET", "/api/v1/messages?topic=pump",
                           **server.keys.bearer).text
    until(lambda: base64.b64encode(payload).decode() in said() or payload.decode() in said(), 8,
          said)
