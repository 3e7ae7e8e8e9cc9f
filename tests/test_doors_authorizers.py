# SPDX-License-Identifier: Apache-2.0
"""Custom authorizers: a URL that is asked, JWTs; whatever fails lets nobody in."""

import base64
import concurrent.futures
import hashlib
import hmac
import http.client
import json
import socket
import ssl
import struct
import time
import urllib.parse

import pytest
from awsiot import mqtt_connection_builder
from botocore.exceptions import ClientError
from harness import authorizer, device, policies, raw, web
from harness.server import Server
from harness.waiting import until
from harness.websocket import WebSocket


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A server whose authorizers may be on this machine."""
    env = {"HEADWATER_AUTHORIZERS_PRIVATE_ALLOWED": "true"}
    with Server(tmp_path_factory.mktemp("authorizers"), env=env) as running:
        yield running


@pytest.fixture
def function():
    made = authorizer.Function()
    yield made
    made.close()


@pytest.fixture
def make(house):
    """`make(url, …)`: an active authorizer; it is gone afterwards."""
    iot, made = house.keys.client("iot"), []

    def create(url: str, **more) -> str:
        name = f"auth-{len(made)}-{time.monotonic_ns()}"
        more = {"signingDisabled": True, **more}
        iot.create_authorizer(authorizerName=name, authorizerFunctionArn=url, status="ACTIVE", **more)
        made.append(name)
        return name

    yield create
    for name in made:
        iot.update_authorizer(authorizerName=name, status="INACTIVE")
        iot.delete_authorizer(authorizerName=name)


def connect(client_id: str, user_name: str | None = None, password: bytes | None = None) -> bytes:
    flags, rest = 0x02, raw.text(client_id)
    if user_name is not None:
        flags, rest = flags | 0x80, rest + raw.text(user_name)
    if password is not None:
        flags, rest = flags | 0x40, rest + raw.text(password)
    head = raw.text("MQTT") + bytes([4, flags]) + struct.pack(">H", 60)
    return raw.packet(0x10, head + rest)


def dial(server, door: str = "mqtts", alpn: str | None = "mqtt", name="localhost") -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=server.endpoints["ca"])
    context.check_hostname = False
    if alpn:
        context.set_alpn_protocols([alpn])
    plain = socket.create_connection(server.address(door), timeout=10)
    return context.wrap_socket(plain, server_hostname=name)


def answer(server, user_name: str | None, password: bytes | None = None, client_id="c-1", **how) -> bytes:
    """The CONNACK; empty if TLS refused already, as it does where no authorizer is active."""
    try:
        with dial(server, **how) as stream:
            stream.sendall(connect(client_id, user_name, password))
            return stream.recv(4)
    except ssl.SSLError:
        return b""


def user(name: str, **more) -> str:
    pairs = {"x-amz-customauthorizer-name": name, **more}
    return "me?" + "&".join(f"{k}={urllib.parse.quote(v, safe='')}" for k, v in pairs.items())


def events(server, kind: str = "connect") -> list[dict]:
    asked = web.ask(server, "GET", f"/api/v1/events?kind={kind}&limit=500", **server.keys.bearer)
    return asked.json()["events"]


IN, OUT = b"\x20\2\0\0", b"\x20\2\0\5"


@pytest.mark.parametrize("how", [{"door": "mqtts"}, {"door": "https"},
                                 {"door": "mqtts", "alpn": None}, {"door": "https", "alpn": None}], ids=str)
def test_a_url_is_asked(house, make, function, how):
    name = make(function.url)
    assert answer(house, user(name), b"pass\xff", "meter-9", **how) == IN
    asked = function.questions[-1]
    assert asked["protocols"] == ["tls", "mqtt"] and asked["signatureVerified"] is False
    assert asked["protocolData"] == {
        "tls": {"serverName": "localhost"},
        "mqtt": {"username": user(name), "password": base64.b64encode(b"pass\xff").decode(),
                 "clientId": "meter-9"}}
    assert asked["connectionMetadata"]["id"]


def port_443_is_free() -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", 443))
        except OSError:
            return False
    return True


@pytest.mark.skipif(not port_443_is_free(), reason="the SDK insists on port 443")
def test_the_sdk_with_a_custom_authorizer(fresh, function):
    server = fresh(env={"HEADWATER_LISTEN_HTTPS": "127.0.0.1:443",
                        "HEADWATER_AUTHORIZERS_PRIVATE_ALLOWED": "true"})
    iot = server.keys.client("iot")
    issuer = authorizer.Issuer()
    iot.create_authorizer(authorizerName="Sdk", authorizerFunctionArn=function.url, status="ACTIVE",
                          tokenKeyName="Tok", tokenSigningPublicKeys={"k": issuer.public_pem()})
    how = {"auth_username": "alice", "auth_authorizer_name": "Sdk", "endpoint": "localhost",
           "auth_authorizer_signature": base64.b64encode(issuer.sign(b"t0ken")).decode(),
           "auth_token_key_name": "Tok", "auth_token_value": "t0ken",
           "auth_password": "secret", "ca_filepath": server.endpoints["ca"]}
    for number, builder in enumerate((mqtt_connection_builder.direct_with_custom_authorizer,
                                      mqtt_connection_builder.websockets_with_custom_authorizer)):
        connection = builder(client_id=f"sdk-auth-{number}", **how)
        connection.connect().result(10)
        connection.disconnect().result(10)
        asked = function.questions[-1]
        assert asked["protocolData"]["mqtt"]["clientId"] == f"sdk-auth-{number}"
        assert (asked["token"], asked["signatureVerified"]) == ("t0ken", True)


def test_policies_of_the_answer_hold(house, make, function):
    function.answer = authorizer.granted(policies.only_topics("auth/mine"))
    name = make(function.url)
    with dial(house) as stream:
        stream.sendall(connect("c-2", user(name)))
        assert stream.recv(4) == IN
        stream.sendall(raw.publish("auth/mine", b"x", 1))
        assert stream.recv(4) == b"\x40\2\0\1"
        stream.sendall(raw.publish("auth/other", b"x", 2))
        assert stream.recv(4) == b""
    rows = web.ask(house, "POST", "/api/v1/sql", {
        "sql": "SELECT DISTINCT principal FROM messages WHERE topic = 'auth/mine'"},
        **house.keys.bearer).json()["rows"]
    assert rows == [[f"authorizer/{name}/abc123"]]


BAD = [
    authorizer.granted(isAuthenticated=False), authorizer.granted(principalId="a-b"),
    authorizer.granted(policyDocuments=[]), authorizer.granted(policyDocuments=["{}"]),
    authorizer.granted(disconnectAfterInSeconds=0), b"no json", b"", 500, 404, b"x" * 300_000,
    "http://127.0.0.1:1/elsewhere",
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: str(bad)[:40])
def test_a_bad_answer_lets_nobody_in(house, make, function, bad):
    function.answer = bad
    name = make(function.url)
    assert answer(house, user(name)) == OUT
    until(lambda: any(f"authorizer {name}" in event["cause"] for event in events(house)), 5,
          "the event")
    assert function.requests == 1


def test_nobody_answers_or_not_in_time(house, make, function):
    down = make("http://127.0.0.1:1/")
    assert answer(house, user(down)) == OUT
    release = concurrent.futures.Future()
    function.answer = lambda _: release.result(20)
    late = make(function.url)
    began = time.monotonic()
    assert answer(house, user(late)) == OUT
    assert 4 < time.monotonic() - began < 9
    release.set_result(authorizer.granted())
    until(lambda: any("no answer within 5 s" in event["cause"] for event in events(house)), 5,
          "the event")


def test_tokens_are_signed(house, make, function):
    issuer, other = authorizer.Issuer(), authorizer.Issuer()
    name = make(function.url, signingDisabled=False, tokenKeyName="Tok",
                tokenSigningPublicKeys={"k": issuer.public_pem()})
    signed = {"Tok": "t0ken", "x-amz-customauthorizer-signature":
              base64.b64encode(issuer.sign(b"t0ken")).decode()}
    assert answer(house, user(name, **signed)) == IN
    assert function.questions[-1]["token"] == "t0ken"
    assert function.questions[-1]["signatureVerified"] is True
    wrong = base64.b64encode(other.sign(b"t0ken")).decode()
    for bad in ({"Tok": "t0ken"}, {**signed, "Tok": "other"}, {"x-amz-customauthorizer-signature": "x"},
                {**signed, "x-amz-customauthorizer-signature": wrong},
                {**signed, "x-amz-customauthorizer-signature": "!"}):
        assert answer(house, user(name, **bad)) == OUT, bad
    assert len(function.questions) == 1, "nobody is asked about them"


def test_the_default_is_asked_of_who_names_none(house, make, function):
    iot = house.keys.client("iot")
    name = make(function.url)
    assert answer(house, "somebody", b"x") == OUT
    iot.set_default_authorizer(authorizerName=name)
    assert iot.describe_default_authorizer()["authorizerDescription"]["authorizerName"] == name
    try:
        assert answer(house, "somebody", b"x") == IN
        assert answer(house, None) == IN
    finally:
        iot.clear_default_authorizer()
    assert answer(house, "somebody", b"x") == OUT


def test_inactive_and_unknown(house, make, function):
    name = make(function.url)
    house.keys.client("iot").update_authorizer(authorizerName=name, status="INACTIVE")
    assert answer(house, user(name)) == b""
    make(function.url)
    assert answer(house, user(name)) == OUT
    assert answer(house, user("nobody")) == OUT
    assert function.requests == 0


def test_a_websocket_by_headers_or_query(house, make, function):
    name = make(function.url, tokenKeyName="Tok")
    query = f"x-amz-customauthorizer-name={name}&Tok=abc"
    for how in ({"query": query}, {"X-Amz-CustomAuthorizer-Name": name, "Tok": "abc"}):
        with WebSocket(house, "https", **how) as ws:
            assert ws.status == 101
            ws.send(raw.connect("ws-auth"))
            assert ws.read() == (raw.CONNACK, b"\0\0")
        asked = function.questions[-1]
        assert asked["token"] == "abc" and asked["protocols"] == ["tls", "http", "mqtt"]
    assert asked["protocolData"]["http"]["headers"]["tok"] == "abc"


def publish(server, topic: str, **headers: str) -> int:
    """The status of an HTTPS publish without certificate or signature."""
    context = ssl.create_default_context(cafile=server.endpoints["ca"])
    host, port = server.address("https")
    connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", f"/topics/{urllib.parse.quote(topic, safe='')}?qos=1", b"x", named)
    return connection.getresponse().status


def test_https_publish(house, make, function):
    name = make(function.url, tokenKeyName="Tok")
    named = {"x_amz_customauthorizer_name": name, "Tok": "abc"}
    assert publish(house, "auth/http", **named) == 200
    asked = function.questions[-1]
    assert asked["token"] == "abc" and asked["protocols"] == ["tls", "http"]
    assert asked["protocolData"]["http"]["queryString"].endswith("qos=1")
    assert "mqtt" not in asked["protocolData"]
    function.answer = authorizer.granted(isAuthenticated=False)
    assert publish(house, "auth/http", **named) == 403
    function.answer = 500
    assert publish(house, "auth/http", **named) == 403
    function.answer = authorizer.granted(policyDocuments=[policies.only_topics("other")])
    assert publish(house, "auth/http", **named) == 403
    assert publish(house, "auth/http") == 403, "none is named and none the default"

    def refused():
        return [one for one in events(house, "api") if name in str(one)]

    until(refused, 5, "an event of the refusal")
    assert refused()[0]["outcome"] == "refused"


def test_what_it_grants_ends_and_is_asked_again(house, make, function):
    name = make(function.url)
    function.answer = authorizer.granted(disconnectAfterInSeconds=1)
    with dial(house) as stream:
        stream.sendall(connect("c-3", user(name)))
        assert stream.recv(4) == IN
        began = time.monotonic()
        assert stream.recv(4) == b""
        assert time.monotonic() - began < 4
    function.answer = authorizer.granted(refreshAfterInSeconds=1)
    with dial(house) as stream:
        stream.sendall(connect("c-4", user(name)))
        assert stream.recv(4) == IN
        asked = len(function.questions)
        until(lambda: len(function.questions) > asked, 5, "the authorizer is asked again")
        stream.sendall(raw.publish("auth/again", b"x", 1))
        assert stream.recv(4) == b"\x40\2\0\1"
        function.answer = authorizer.granted(isAuthenticated=False)
        assert stream.recv(4) == b"", "cut when it says no"


# --- JWT


@pytest.fixture
def issuer(function):
    made = authorizer.Issuer()
    function.answer = lambda _: made.key_set()
    return made


@pytest.fixture
def by_jwt(house, make, function, issuer):
    iot = house.keys.client("iot")
    iot.create_policy(policyName="jwt-policy", policyDocument=policies.only_topics("jwt/mine"))
    query = urllib.parse.urlencode({"issuer": "https://issuer.example", "audience": "meters",
                                    "jwks": function.url, "policy": "jwt-policy", "clientId": "sub"})
    name = house.jwt_name = make("jwt:?" + query)
    yield lambda token, client_id="meter-1": answer(house, user(name), token.encode(), client_id)
    iot.delete_policy(policyName="jwt-policy")


def test_a_jwt(house, by_jwt, issuer, function):
    assert by_jwt(issuer.token()) == IN
    assert by_jwt(issuer.token(aud=["x", "meters"])) == IN
    assert by_jwt(issuer.token(exp=int(time.time()) - 30)) == IN, "clocks differ"
    assert function.requests == 1, "keys are remembered"


def test_a_change_of_its_policy_is_in_effect_at_once(house, by_jwt, issuer):
    iot, token = house.keys.client("iot"), issuer.token()
    assert by_jwt(token) == IN
    name = house.jwt_name
    with dial(house) as stream:
        stream.sendall(connect("meter-1", user(name), token.encode()))
        assert stream.recv(4) == IN
        stream.sendall(raw.publish("jwt/mine", b"x", 1))
        assert stream.recv(4) == b"\x40\2\0\1"
        iot.create_policy_version(policyName="jwt-policy", setAsDefault=True,
                                  policyDocument=policies.only_topics("jwt/other"))
        until(lambda: stream.sendall(raw.publish("jwt/mine", b"x", 2)) or stream.recv(4) == b"",
              1, "the publish is refused")
    iot.delete_policy_version(policyName="jwt-policy", policyVersionId="1")


def test_jwts_that_do_not_hold(house, by_jwt, issuer, function):
    other, now = authorizer.Issuer(), int(time.time())
    secret = issuer.public_pem().encode()

    def hs256(data: bytes) -> bytes:
        return hmac.new(secret, data, hashlib.sha256).digest()

    good = issuer.token()
    head, body, signature = good.split(".")
    bad = {
        "none": issuer.token({"alg": "none"}, sign=lambda _: b""),
        "HS256 with the public key": issuer.token({"alg": "HS256"}, sign=hs256),
        "another's signature": other.token(),
        "no kid": issuer.token({"kid": None}),
        "kid elsewhere": issuer.token({"kid": "../../etc/passwd"}),
        "kid unknown": issuer.token({"kid": "two"}),
        "own jku": other.token({"kid": "two", "jku": "http://127.0.0.1:1/keys"}),
        "own jwk": other.token({"kid": "two", "jwk": other.key_set()["keys"][0]}),
        "another algorithm": issuer.token({"alg": "RS384"}),
        "expired": issuer.token(exp=now - 120),
        "no exp": issuer.token(exp=None),
        "exp is text": issuer.token(exp="never"),
        "not yet": issuer.token(nbf=now + 600),
        "nbf is text": issuer.token(nbf="x"),
        "issuer": issuer.token(iss="https://evil.example"),
        "no issuer": issuer.token(iss=None),
        "audience": issuer.token(aud="others"),
        "no audience": issuer.token(aud=None),
        "no subject": issuer.token(sub=None),
        "changed": f"{head}.{body[:-2]}AA.{signature}",
        "cut": f"{head}.{body}",
        "empty": "",
        "not a token": "a.b.c",
    }
    for what, token in bad.items():
        assert by_jwt(token) == OUT, what
    assert by_jwt(good, client_id="meter-2") == OUT, "another's client id"
    assert by_jwt(good) == IN


def test_keys_that_can_t_be_had(by_jwt, issuer, function):
    for down in (500, b"no json", {"keys": 7}):
        function.answer = down
        assert by_jwt(issuer.token()) == OUT


# --- who may be asked


def test_private_addresses_are_not_asked(server, function):
    iot = server.keys.client("iot")
    port = function.server.server_port
    for number, url in enumerate((
            f"https://127.0.0.1:{port}/", f"http://localhost:{port}/", f"https://localhost:{port}/",
            f"https://[::1]:{port}/", "https://169.254.169.254/", f"https://2130706433:{port}/",
            f"https://0x7f000001:{port}/", f"https://0:{port}/", "https://10.0.0.1/")):
        name = f"private-{number}"
        iot.create_authorizer(authorizerName=name, authorizerFunctionArn=url, status="ACTIVE",
                              signingDisabled=True)
        with pytest.raises(ClientError) as refused:
            iot.test_invoke_authorizer(authorizerName=name, token="x")
        assert any(word in str(refused.value) for word in ("private", "https")), refused.value
        assert answer(server, user(name)) == OUT, url
        iot.update_authorizer(authorizerName=name, status="INACTIVE")
        iot.delete_authorizer(authorizerName=name)
    assert function.requests == 0


# --- the registry


def test_the_registry_by_boto3(house, function):
    iot = house.keys.client("iot")
    pem = authorizer.Issuer().public_pem()
    made = iot.create_authorizer(authorizerName="r-1", authorizerFunctionArn=function.url,
                                 tokenKeyName="Tok", tokenSigningPublicKeys={"a": pem})
    assert made["authorizerArn"].endswith(":authorizer/r-1")
    told = iot.describe_authorizer(authorizerName="r-1")["authorizerDescription"]
    assert (told["status"], told["signingDisabled"], told["tokenSigningPublicKeys"]) == (
        "INACTIVE", False, {"a": pem})
    assert told["creationDate"] and told["authorizerFunctionArn"] == function.url
    for name in ("r-2", "r-3"):
        iot.create_authorizer(authorizerName=name, authorizerFunctionArn=function.url, status="ACTIVE",
                              signingDisabled=True)
    pages = list(iot.get_paginator("list_authorizers").paginate(
        ascendingOrder=True, PaginationConfig={"PageSize": 2}))
    assert [one["authorizerName"] for page in pages for one in page["authorizers"]] == [
        "r-1", "r-2", "r-3"]
    listed = iot.list_authorizers(status="ACTIVE")["authorizers"]
    assert [one["authorizerName"] for one in listed] == ["r-3", "r-2"]
    told = iot.test_invoke_authorizer(authorizerName="r-2", mqttContext={
        "username": "u", "password": b"p", "clientId": "c"})
    assert told["isAuthenticated"] and told["principalId"] == "abc123"
    assert json.loads(told["policyDocuments"][0]) and told["disconnectAfterInSeconds"] == 3600
    iot.set_default_authorizer(authorizerName="r-2")
    codes = {}
    for what, call in {
        "again": lambda: iot.create_authorizer(authorizerName="r-1", authorizerFunctionArn=function.url,
                                               signingDisabled=True),
        "lambda": lambda: iot.create_authorizer(
            authorizerName="l", authorizerFunctionArn="arn:aws:lambda:us-east-1:1:function:f"),
        "unsigned": lambda: iot.create_authorizer(authorizerName="u", authorizerFunctionArn=function.url),
        "bad key": lambda: iot.create_authorizer(
            authorizerName="u", authorizerFunctionArn=function.url, tokenKeyName="T",
            tokenSigningPublicKeys={"a": "x"}),
        "active": lambda: iot.delete_authorizer(authorizerName="r-3"),
        "default": lambda: iot.delete_authorizer(authorizerName="r-2"),
        "default again": lambda: iot.set_default_authorizer(authorizerName="r-3"),
        "unknown": lambda: iot.describe_authorizer(authorizerName="none"),
        "unknown default": lambda: iot.set_default_authorizer(authorizerName="none"),
        "status": lambda: iot.update_authorizer(authorizerName="r-3", status="ODD"),
    }.items():
        with pytest.raises(ClientError) as refused:
            call()
        codes[what] = refused.value.response["Error"]["Code"]
    assert codes == {
        "again": "ResourceAlreadyExistsException", "lambda": "InvalidRequestException",
        "unsigned": "InvalidRequestException", "bad key": "InvalidRequestException",
        "active": "DeleteConflictException", "default": "DeleteConflictException",
        "default again": "ResourceAlreadyExistsException", "unknown": "ResourceNotFoundException",
        "unknown default": "ResourceNotFoundException", "status": "InvalidRequestException"}
    iot.clear_default_authorizer()
    with pytest.raises(ClientError) as refused:
        iot.describe_default_authorizer()
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
    for name in ("r-1", "r-2", "r-3"):
        iot.update_authorizer(authorizerName=name, status="INACTIVE")
        iot.delete_authorizer(authorizerName=name)


def test_certificates_go_on(house, tmp_path, make, function):
    """With authorizers about, a client with a certificate is nobody else's matter."""
    make(function.url)
    meter = device.register(house, tmp_path, policies.EVERYTHING)
    with raw.Wire(house, meter) as wire:
        wire.open(meter.name)
    stranger = device.stranger(house, tmp_path)
    with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
        with raw.Wire(house, stranger) as wire:
            wire.open("x")
    assert function.requests == 0
