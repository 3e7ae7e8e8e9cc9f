# SPDX-License-Identifier: Apache-2.0
"""Requests to the AWS door that are unsigned, stale, wrongly signed, or carry a broken body."""

import json

import pytest
from botocore.exceptions import ClientError

from harness import signed

UNSIGNED = {"Content-Type": "application/json"}


def code_of(headers, body: bytes) -> str:
    """The error's name as AWS clients find it."""
    named = headers.get("x-amzn-ErrorType") or json.loads(body).get("__type", "")
    return named.split(":")[0].split("#")[-1]


def test_unsigned(server):
    status, headers, body = signed.send(server.keys, "GET", "/things", None, UNSIGNED)
    assert status == 403 and code_of(headers, body) == "MissingAuthenticationTokenException"
    assert json.loads(body)["message"]


def test_a_wrong_secret(server):
    with pytest.raises(ClientError) as refused:
        server.keys.client("iot", secret="x" * 40).list_things()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert refused.value.response["Error"]["Code"] == "InvalidSignatureException"
    with pytest.raises(ClientError) as refused:
        server.keys.client("sts", secret="x" * 40).get_caller_identity()
    assert refused.value.response["Error"]["Code"] == "SignatureDoesNotMatch"


def test_an_unknown_key(server):
    keys = server.keys
    head = signed.headers(keys, "GET", "/things")
    head["Authorization"] = head["Authorization"].replace(
        keys.env["AWS_ACCESS_KEY_ID"], "AKIAIOSFODNN7EXAMPLE")
    status, headers, body = signed.send(keys, "GET", "/things", None, head)
    assert status == 403 and code_of(headers, body) == "UnrecognizedClientException"


@pytest.mark.parametrize("hours", [-1, 1], ids=["an hour ahead", "an hour ago"])
def test_stale(server, hours):
    head = signed.stale_headers(server.keys, "GET", "/things", hours)
    status, headers, body = signed.send(server.keys, "GET", "/things", None, head)
    assert status == 403 and code_of(headers, body) == "InvalidSignatureException", body


def test_a_changed_body_and_path(server):
    keys, path = server.keys, "/things/changed-body"
    head = signed.headers(keys, "POST", path, b'{"attributePayload":{}}')
    status, *_ = signed.send(keys, "POST", path, b'{"thingTypeName":"other"}', head)
    assert status == 403
    head = signed.headers(keys, "DELETE", "/things/somebody")
    status, *_ = signed.send(keys, "DELETE", "/things/somebody-else", None, head)
    assert status == 403


@pytest.mark.parametrize("garbage", [
    "AWS4-HMAC-SHA256", "Bearer x", "AWS4-HMAC-SHA256 Credential=a/b/c", "Basic " + "A" * 5000,
    "AWS4-HMAC-SHA256 Credential=A/20200101/x/iot/aws4_request, SignedHeaders=, Signature=zz",
])
def test_garbage_instead_of_a_signature(server, garbage):
    head = {**UNSIGNED, "Authorization": garbage}
    status, headers, body = signed.send(server.keys, "GET", "/things", None, head)
    assert status in (400, 403) and code_of(headers, body)


@pytest.mark.parametrize("body", [
    b"{", b"[1]", b'"x"', b"\xff\xfe", b'{"attributePayload": 7}',
    b'{"attributePayload":{"attributes":{"a":' + b"[" * 5000 + b"]" * 5000 + b"}}}",
], ids=["cut", "array", "string", "no UTF-8", "wrong type", "deep"])
def test_a_body_that_is_not_what_it_should_be(server, body):
    path = "/things/bad-body"
    head = signed.headers(server.keys, "POST", path, body)
    status, headers, answer = signed.send(server.keys, "POST", path, body, head)
    assert status == 400 and code_of(headers, answer), answer
    with pytest.raises(ClientError):
        server.keys.client("iot").describe_thing(thingName="bad-body")


def test_a_huge_body_is_refused(server):
    path, body = "/things/huge", b" " * (8 << 20)
    head = signed.headers(server.keys, "POST", path, body)
    try:
        status, *_ = signed.send(server.keys, "POST", path, body, head)
    except OSError:
        return  # closed while we were still sending: refused as well
    assert status in (400, 413)


def test_an_operation_that_is_not_there_says_so(server):
    with pytest.raises(ClientError) as refused:
        server.keys.client("iot").list_billing_groups()
    error = refused.value.response["Error"]
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 404, 501)
    assert "ListBillingGroups" in error["Message"] or "not" in error["Message"]
    status, *_ = signed.send(server.keys, "GET", "/no/such/path", None,
                             signed.headers(server.keys, "GET", "/no/such/path"))
    assert status in (403, 404)
