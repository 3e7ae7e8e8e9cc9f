# SPDX-License-Identifier: Apache-2.0
"""PROXY protocol, version 2: whose address counts, and who may say it."""

import socket
import ssl
import struct

import pytest
from harness import device, policies, raw, web
from harness.waiting import until

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def header(source: str, more: bytes = b"") -> bytes:
    body = socket.inet_aton(source) + socket.inet_aton("10.0.0.1") + struct.pack(">HH", 4660, 443)
    return SIGNATURE + b"\x21\x11" + struct.pack(">H", len(body) + len(more)) + body + more


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    from harness.server import Server
    env = {"HEADWATER_LISTEN_PROXIES": "127.0.0.1,10.0.0.0/8"}
    with Server(tmp_path_factory.mktemp("proxied"), env=env) as running:
        yield running


def connect(server, door: str, who: device.Device, first: list[bytes]) -> ssl.SSLSocket:
    plain = socket.create_connection(server.address(door), timeout=5)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for piece in first:
        plain.sendall(piece)
    return who.context().wrap_socket(plain, server_hostname="localhost")


def register(server, folder, policy: str) -> device.Device:
    """Through the plain HTTP door, which is behind no proxy."""
    import boto3
    env = server.keys.env
    iot = boto3.client("iot", endpoint_url=server.url("http"),
                       region_name=env["AWS_DEFAULT_REGION"],
                       aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
                       aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"])
    made = iot.create_keys_and_certificate(setAsActive=True)
    name = f"proxied-{made['certificateId'][:8]}"
    iot.create_policy(policyName=name, policyDocument=policy)
    iot.attach_policy(policyName=name, target=made["certificateArn"])
    return device.from_pem(server, folder, name, made["certificatePem"],
                           made["keyPair"]["PrivateKey"], certificate_id=made["certificateId"])


def events(server) -> list[dict]:
    asked = web.ask(server, "GET", "/api/v1/events?kind=connect&limit=500", **server.keys.bearer)
    return asked.json()["events"]


@pytest.mark.parametrize("door", ["mqtts", "https"])
def test_policies_see_the_address_behind_the_proxy(proxied, tmp_path, door):
    inside = policies.document(policies.allow(
        "iot:*", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))
    meter = register(proxied, tmp_path, inside)
    whole = header("192.0.2.7", b"\x04\x00\x02xx")
    for first in ([whole], [whole[:5], whole[5:20], whole[20:]]):
        with connect(proxied, door, meter, first) as stream:
            stream.sendall(raw.connect(meter.name))
            assert stream.recv(4) == b"\x20\2\0\0"
    with connect(proxied, door, meter, [header("198.51.100.9")]) as stream:
        stream.sendall(raw.connect(meter.name))
        assert stream.recv(4) == b"\x20\2\0\5"
    seen = until(lambda: [event for event in events(proxied)
                          if event["principal"] == meter.certificate_id], 3, "the refusal")
    assert {event["address"] for event in seen} == {"198.51.100.9"}
    # A health check of the proxy itself.
    local = SIGNATURE + b"\x20\x00\x00\x00"
    with connect(proxied, door, meter, [local]) as stream:
        stream.sendall(raw.connect(meter.name))
        assert stream.recv(4) == b"\x20\2\0\5"


@pytest.mark.parametrize("door", ["mqtts", "https"])
def test_a_listed_proxy_must_say_it(proxied, tmp_path, door):
    meter = register(proxied, tmp_path, policies.EVERYTHING)
    for first in ([], [b"PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n"], [SIGNATURE + b"\x11\x11\x00\x0c" + bytes(12)]):
        with pytest.raises((ssl.SSLError, ConnectionError, TimeoutError)):
            connect(proxied, door, meter, first)


@pytest.mark.parametrize("door", ["mqtts", "https"])
def test_nobody_else_is_believed(server, register_shared, door):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect(server, door, register_shared, [header("192.0.2.7")])


@pytest.fixture
def register_shared(server, tmp_path):
    return device.register(server, tmp_path, policies.EVERYTHING)


def test_a_range_that_is_none(tmp_path):
    from harness import binary
    done = binary.run("serve", "--data", str(tmp_path / "d"), "--listen-proxies", "10.0.0.0/40",
                      check=False)
    assert done.returncode != 0 and "listen.proxies" in done.stderr
