# SPDX-License-Identifier: Apache-2.0
"""Canaries at the doors of devices without a certificate: passwords, authorizers' tokens, signatures
and URLs, JWTs, signed URLs. At trace level, right and wrong; they come out nowhere."""

import base64
import ssl
import struct
import urllib.parse

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from harness import authorizer, binary, policies, raw, sql, web
from harness.cage import Cage, fetch
from harness.server import Server
from harness.websocket import WebSocket
from test_doors_authorizers import dial, user

#: Where an authorizer's URL is kept as it was given: who may describe it sees it.
CATALOG = ("file catalog.db", "plain backup")


@pytest.fixture(scope="module")
def cage():
    return Cage()


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A server at trace level that takes passwords at every door and asks authorizers anywhere."""
    env = {"HEADWATER_LOG": "trace", "HEADWATER_LISTEN_METRICS": "127.0.0.1:0",
           "HEADWATER_LISTEN_MQTTS_PASSWORDS": "true",
           "HEADWATER_AUTHORIZERS_PRIVATE_ALLOWED": "true"}
    with Server(tmp_path_factory.mktemp("canary-doors"), env=env) as server:
        yield server


def log_in(server, cage, way: str, user_name: str, password: str | None = None,
           door: str = "mqtts") -> bool:
    """By both versions; whether both let it in."""
    codes, flags = [], 0xC2 if password else 0x82
    for version in (4, 5):
        body = raw.text("MQTT") + bytes([version, flags]) + struct.pack(">H", 60)
        body += (b"\0" if version == 5 else b"") + raw.text("c-1") + raw.text(user_name)
        body += raw.text(password) if password else b""
        with dial(server, door) as stream:
            stream.sendall(raw.packet(0x10, body))
            answer = stream.recv(4096)
        cage.look(f"CONNACK to {way}", answer)
        codes.append(answer[3])
    assert all(codes) or not any(codes), (way, codes)
    return not any(codes)


def test_ways_in_by_passwords_of_devices(house, cage):
    """Of `headwater mqtt-users` and the API: set, changed, refused; logins by both ports."""
    house.keys.client("iot").create_policy(policyName="all", policyDocument=policies.EVERYTHING)

    def users(verb: str, *more: str, shown: bool = False, **how) -> str:
        """`shown`: it prints the password that it makes, this once."""
        done = binary.run("mqtt-users", verb, *more, "--data", str(house.data), check=False, **how)
        cage.look(f"mqtt-users {verb}", done.stderr if shown else done.stdout + done.stderr)
        return done.stdout.strip()

    def api(method: str, path: str, **body: str) -> int:
        answer = web.ask(house, method, f"/api/v1/mqtt-users{path}", body, **house.keys.bearer)
        cage.look(f"answer of mqtt-users{path}", answer.text)
        return answer.status

    def told(way: str) -> dict[str, str]:
        return {"stdin": cage.bird(f"MQTT password {way}") + "\n"}

    of_file = ("--policy", "all", "--password-file", "-")
    right = {"made": cage.keep("made MQTT password", users("add", "made", "--policy", "all",
                                                                 shown=True))}
    users("add", "given", *of_file, **told("before"))
    users("add", "given", *of_file, **told("of one that is there"))
    users("add", "none", "--policy", "none", "--password-file", "-", **told("for no policy"))
    users("password", "given", "--password-file", "-", **told("given"))
    right["given"] = cage.birds["MQTT password given"]
    first, right["api"] = cage.bird("MQTT password at first"), cage.bird("MQTT password by API")
    assert api("POST", "", name="api", password=first, policies=["all"]) < 300
    assert api("POST", "", name="api", password=first, policies=["all"]) >= 400
    assert api("POST", "", name="odd", password=cage.bird("odd MQTT user"), nonsense="x") >= 400
    assert api("PUT", "/api/password", password=right["api"]) < 300
    users("ls", "--json")
    for name, password in right.items():
        for door in ("mqtts", "https"):
            assert log_in(house, cage, f"{name} at {door}", name, password, door), name
    for door in ("mqtts", "https"):
        wrong = cage.bird(f"wrong MQTT password at {door}")
        assert not log_in(house, cage, f"wrong at {door}", "api", wrong, door)
        assert not log_in(house, cage, f"nobody at {door}", "nobody", wrong, door)


def test_ways_in_by_authorizers(house, cage):
    """Tokens and signatures in every place, the URL that is asked, and every answer of it."""
    function, issuer, iot = authorizer.Function(), authorizer.Issuer(), house.keys.client("iot")
    url = f"{function.url}?key={cage.bird('URL of an authorizer', homes=CATALOG)}"
    iot.create_authorizer(authorizerName="signed", authorizerFunctionArn=url, status="ACTIVE",
                          tokenKeyName="Tok", tokenSigningPublicKeys={"k": issuer.public_pem()})
    context = ssl.create_default_context(cafile=house.endpoints["ca"])
    https = f"https://localhost:{house.address('https')[1]}"

    def socket(way: str, **how) -> None:
        with WebSocket(house, "https", **how) as opened:
            if opened.status == 101:
                opened.send(raw.connect("c-2"))
                cage.look(f"CONNACK to {way}", repr(opened.read()))
            cage.look(f"answer to {way}", opened.refusal())

    def publish(way: str, query: str = "", **headers: str) -> None:
        answer = fetch(f"{https}/topics/x?qos=1&{query}", headers, b"x", context)
        cage.look(f"answer to {way}", answer)

    def test(way: str, token: str, signature: str) -> None:
        try:
            told = iot.test_invoke_authorizer(authorizerName="signed", token=token,
                                              tokenSignature=signature)
        except ClientError as refused:
            told = refused.response
        cage.look(f"answer to {way}", repr(told))

    for answered in (authorizer.granted(), authorizer.granted(isAuthenticated=False), 500, b"{",
                     "a wrong signature"):
        function.answer = answered
        for place in ("user name", "headers", "query", "publish", "published query", "test"):
            way = f"{place} {str(answered)[:40]}"
            token = cage.bird(f"token in {way}")
            signature = base64.b64encode(issuer.sign(token.encode())).decode()
            if answered == "a wrong signature":
                signature = base64.b64encode(issuer.sign(b"another")).decode()[:-24]
                signature += cage.bird(f"wrong end in {way}", 18)
            cage.keep(f"signature in {way}", signature)
            pairs = {"x-amz-customauthorizer-name": "signed", "Tok": token,
                     "x-amz-customauthorizer-signature": signature}
            query, asked = urllib.parse.urlencode(pairs), len(function.questions)
            match place:
                case "user name":
                    log_in(house, cage, way, f"me?{query}", cage.bird(f"password beside {way}"))
                case "headers":
                    socket(way, **pairs)
                case "query":
                    socket(way, query=query)
                case "publish":
                    publish(way, **pairs)
                case "published query":
                    publish(way, query)
                case "test":
                    test(way, token, signature)
            if answered == "a wrong signature":
                assert len(function.questions) == asked, way
            else:
                assert function.questions[-1]["token"] == token, way
    function.close()
    assert not log_in(house, cage, "nobody answers", user("signed"))


def test_ways_in_by_jwts(house, cage):
    function, issuer, iot = authorizer.Function(), authorizer.Issuer(), house.keys.client("iot")
    function.answer = lambda _: issuer.key_set()
    iot.create_policy(policyName="jwt-policy", policyDocument=policies.EVERYTHING)
    for name, place in (("jwt", function.url), ("jwt-down", "http://127.0.0.1:1/")):
        rules = urllib.parse.urlencode({
            "issuer": "https://issuer.example", "audience": "meters", "policy": "jwt-policy",
            "jwks": f"{place}?key={cage.bird(f'URL of the keys of {name}', homes=CATALOG)}"})
        iot.create_authorizer(authorizerName=name, authorizerFunctionArn=f"jwt:?{rules}",
                              status="ACTIVE", tokenKeyName="Tok", signingDisabled=True)

    def token(way: str, by: authorizer.Issuer = issuer, **claims) -> str:
        made = by.token(note=cage.bird(f"claim of a JWT {way}"), **claims)
        for number, part in enumerate(made.split(".")[1:]):
            cage.keep(f"part {number} of a JWT {way}", part)
        return made

    for way, shown in {
        "right": token("right"), "over": token("over", exp=1), "cut": token("cut")[:-9],
        "for others": token("for others", aud="others"), "keys down": token("keys down"),
        "another's": token("another's", authorizer.Issuer()), "no subject": token("none", sub=None),
    }.items():
        name = "jwt-down" if way == "keys down" else "jwt"
        assert log_in(house, cage, f"{way} JWT", user(name), shown) == (way == "right")
        assert log_in(house, cage, f"{way} JWT in the name", user(name, Tok=shown)) == (way == "right")
    function.close()


def test_ways_in_by_signed_websockets(house, cage):
    """URLs as the SDKs sign them, with a session's token inside and behind what is signed."""
    keys, port = house.keys, house.address("https")[1]

    def open_one(way: str, secret: str | None = None, token: str | None = None, behind="") -> int:
        env = keys.env
        request = AWSRequest("GET", f"https://localhost:{port}/mqtt")
        secret = secret or env["AWS_SECRET_ACCESS_KEY"]
        by = Credentials(env["AWS_ACCESS_KEY_ID"], secret, token)
        SigV4QueryAuth(by, "iotdevicegateway", env["AWS_DEFAULT_REGION"], 60).add_auth(request)
        query = urllib.parse.urlsplit(request.url).query
        (signature,) = urllib.parse.parse_qs(query)["X-Amz-Signature"]
        cage.keep(f"signature of a URL {way}", signature)
        with WebSocket(house, "https", query=query + behind) as opened:
            if opened.status == 101:
                opened.send(raw.connect("c-3"))
                cage.look(f"CONNACK to {way}", repr(opened.read()))
            cage.look(f"answer to {way}", opened.refusal())
            return opened.status

    assert open_one("right") == 101
    behind = f"&X-Amz-Security-Token={cage.bird('token behind a URL')}"
    assert open_one("with a token behind it", behind=behind) == 403
    assert open_one("with a token in it", token=cage.bird("token in a URL")) == 403
    assert open_one("wrong", secret=cage.bird("secret that signs a URL", 40),
                    token=cage.bird("token in a wrong URL")) == 403
    refused = "kind = 'connect' and outcome = 'refused' and cause like '%oken%'"
    assert sql.event(house, refused)


def refused_urls(server, cage) -> None:
    """Authorizers whose URLs may not be asked, with secrets in them, and what is said of each."""
    iot, jwt = server.keys.client("iot"), authorizer.Issuer().token()
    rules = {"issuer": "https://issuer.example", "audience": "meters", "policy": "none",
             "jwks": f"http://127.0.0.1:1/?key={cage.bird('URL of keys in clear', homes=CATALOG)}"}
    for name, url in {
        "named": f"https://me:{cage.bird('password in a URL', homes=CATALOG)}@127.0.0.1:1/",
        "clear": f"http://127.0.0.1:1/?key={cage.bird('URL in clear', homes=CATALOG)}",
        "jwt-clear": f"jwt:?{urllib.parse.urlencode(rules)}",
    }.items():
        iot.create_authorizer(authorizerName=name, authorizerFunctionArn=url, status="ACTIVE",
                              signingDisabled=True)
        assert not log_in(server, cage, f"authorizer {name}", user(name), jwt)
        with pytest.raises(ClientError) as refused:
            iot.test_invoke_authorizer(authorizerName=name, mqttContext={
                "username": "u", "password": jwt.encode(), "clientId": "c"})
        cage.look(f"answer to a test of {name}", str(refused.value))


def test_a_url_that_may_not_be_asked_is_not_told(fresh, tmp_path):
    """Whoever may read events could otherwise read what only who may describe authorizers should."""
    cage = Cage()
    server = fresh(env={"HEADWATER_LOG": "trace", "HEADWATER_LISTEN_METRICS": "127.0.0.1:0"})
    refused_urls(server, cage)
    cage.search(server, tmp_path, ("c-1",))
    assert cage.escaped() == []


def test_nothing_has_come_out(house, cage, tmp_path):
    """Last: everything that says something, searched for every canary."""
    cage.search(house, tmp_path, ("c-1", "c-2", "c-3"))
    assert len(cage.birds) > 80, cage.birds.keys()
    assert cage.escaped() == []
