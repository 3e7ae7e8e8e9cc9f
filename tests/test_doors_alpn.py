# SPDX-License-Identifier: Apache-2.0
"""One port for devices and browsers: what ALPN asks for, and what a browser is not asked."""

import os
import socket
import ssl

import pytest
from awsiot import mqtt_connection_builder
from harness import device, policies, raw, web
from harness.waiting import until


def connect(server, door: str, alpn: list[str], who: device.Device | None, tls=None):
    """(TLS socket, bytes read until it ends or 5 s are over after `send`)."""
    context = ssl.create_default_context(cafile=server.endpoints["ca"])
    if alpn:
        context.set_alpn_protocols(alpn)
    if tls:
        context.maximum_version = tls
    if who:
        context.load_cert_chain(who.certificate, who.key)
    plain = socket.create_connection(server.address(door), timeout=5)
    return context.wrap_socket(plain, server_hostname="localhost")


def answer(stream: ssl.SSLSocket, packet: bytes) -> bytes:
    try:
        stream.sendall(packet)
        return stream.recv(4096)
    except (ConnectionError, ssl.SSLError):
        return b""


@pytest.mark.parametrize("tls", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("alpn", [["x-amzn-mqtt-ca"], []], ids=str)
def test_mqtt_on_the_https_port(server, register, alpn, tls):
    meter = register(policies.EVERYTHING)
    with connect(server, "https", alpn, meter, tls) as stream:
        assert stream.selected_alpn_protocol() == (alpn[0] if alpn else None)
        assert answer(stream, raw.connect(meter.name)) == b"\x20\2\0\0"
        assert answer(stream, raw.publish("alpn/a", b"x", 3)) == b"\x40\2\0\3"


def test_mqtt_there_needs_a_certificate_that_is_known(server, register, tmp_path):
    for who in (None, device.stranger(server, tmp_path)):
        for alpn in (["x-amzn-mqtt-ca"], []):
            try:
                with connect(server, "https", alpn, who) as stream:
                    assert answer(stream, raw.connect("nobody"))[:4] in (b"", b"\x20\2\0\5")
            except (ConnectionError, ssl.SSLError):
                pass

    def causes() -> set[str]:
        asked = web.ask(server, "GET", "/api/v1/events?kind=connect&limit=500",
                        **server.keys.bearer).json()["events"]
        return {event["cause"] for event in asked if event["outcome"] == "refused"}

    until(lambda: {"certificate unknown", "no client certificate"} <= causes(), 5, "the events")


def test_http_by_certificate(server, register):
    meter = register(policies.EVERYTHING)
    request = (b"POST /topics/alpn%2Fb?qos=1 HTTP/1.1\r\nHost: localhost\r\n"
               b"Content-Length: 1\r\n\r\nx")
    for alpn in (["x-amzn-http-ca"], [], ["http/1.1"], ["h2", "http/1.1"]):
        with connect(server, "https", alpn, meter) as stream:
            assert answer(stream, request).startswith(b"HTTP/1.1 200 OK"), alpn


def test_a_browser_is_asked_for_certificates_of_our_ca_alone(server):
    """Browsers ask their user only when they hold a certificate of an issuer that is named."""
    import subprocess
    for alpn, named in ((["-alpn", "h2,http/1.1"], True), ([], False)):
        shown = subprocess.run(
            ["openssl", "s_client", "-connect", server.endpoints["https"], *alpn, "-CAfile",
             server.endpoints["ca"]], input=b"", capture_output=True, timeout=20).stdout.decode()
        assert ("Acceptable client certificate CA names" in shown) == named, shown[:2000]


def test_an_unknown_protocol_is_refused(server):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect(server, "https", ["h2"], None)


@pytest.mark.skipif(os.geteuid() != 0, reason="port 443 is for root")
def test_the_sdk_with_its_own_defaults(fresh, tmp_path):
    """Port 443, and with it ALPN."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", 443))
        except OSError:
            pytest.skip("port 443 is taken")
    server = fresh(env={"HEADWATER_LISTEN_HTTPS": "127.0.0.1:443"})
    meter = device.register(server, tmp_path, policies.EVERYTHING)
    connection = mqtt_connection_builder.mtls_from_path(
        cert_filepath=str(meter.certificate), pri_key_filepath=str(meter.key),
        ca_filepath=str(meter.ca), endpoint="localhost", client_id=meter.name)
    connection.connect().result(10)
    connection.disconnect().result(10)
