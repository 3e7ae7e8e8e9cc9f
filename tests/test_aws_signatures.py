# SPDX-License-Identifier: Apache-2.0
"""Presigned URLs, clocks that differ, and refused signatures as events."""

import datetime
import email.utils
import json
import unittest.mock
import urllib.parse
import xml.etree.ElementTree

import boto3
import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from harness import signed, sql

CLOCK = "botocore.auth.get_current_datetime"


def clock(seconds: float):
    """botocore's clock, moved by so many seconds."""
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return unittest.mock.patch(CLOCK, return_value=then)


def presigned(keys, path: str, expires: int = 60, method: str = "GET", service: str = "iot",
              moved: float = 0, secret: str | None = None, token: str | None = None,
              headers: dict | None = None) -> str:
    """Path and query, as botocore signs them."""
    env = keys.env
    request = AWSRequest(method, env["AWS_ENDPOINT_URL"] + path, headers=headers or {})
    credentials = Credentials(env["AWS_ACCESS_KEY_ID"], secret or env["AWS_SECRET_ACCESS_KEY"],
                              token)
    with clock(moved):
        SigV4QueryAuth(credentials, service, env["AWS_DEFAULT_REGION"], expires).add_auth(request)
    parts = urllib.parse.urlsplit(request.url)
    return f"{parts.path}?{parts.query}"


def get(keys, path: str, method: str = "GET", headers: dict | None = None):
    """(status, error name, decoded body, headers)."""
    status, head, body = signed.send(keys, method, path, None, headers or {})
    return status, head.get("x-amzn-errortype"), json.loads(body), head


def test_a_presigned_url_does_what_it_says(server):
    keys = server.keys
    keys.client("iot").create_thing(thingName="presigned:a")
    status, _, thing, _ = get(keys, presigned(keys, "/things/presigned%3Aa"))
    assert status == 200 and thing["thingName"] == "presigned:a"
    path = "/things?attributeName=a%2Fb&maxResults=2"
    assert get(keys, presigned(keys, path))[0] == 200
    gone = presigned(keys, "/things/presigned%3Aa", method="DELETE")
    assert get(keys, gone, method="DELETE")[0] == 200
    assert get(keys, presigned(keys, "/things/presigned%3Aa"))[:2] == (
        404, "ResourceNotFoundException")


def test_a_presigned_header_is_bound(server):
    keys = server.keys
    arn = keys.client("iot").create_keys_and_certificate()["certificateArn"]
    head = {"x-amzn-principal": arn}
    url = presigned(keys, "/principals/things", headers=head)
    assert get(keys, url, headers=head)[0] == 200
    other = {"x-amzn-principal": arn[:-1] + ("1" if arn.endswith("0") else "0")}
    assert get(keys, url, headers=other)[:2] == (403, "InvalidSignatureException")
    bare = presigned(keys, "/principals/things")
    status, name, body, _ = get(keys, bare, headers=head)
    assert (status, name) == (400, "IncompleteSignatureException")
    assert "x-amzn-principal" in body["message"]


def test_presigned_caller_identity(server):
    url = presigned(server.keys, "/?Action=GetCallerIdentity&Version=2011-06-15", service="sts")
    status, _, body = signed.send(server.keys, "GET", url, None, {})
    assert status == 200
    account = xml.etree.ElementTree.fromstring(body).find(".//{*}Account").text
    assert account == server.keys.client("sts").get_caller_identity()["Account"]


def test_what_is_changed_or_over_is_refused(server):
    keys = server.keys
    url = presigned(keys, "/things?maxResults=2", expires=600)
    wrong = (403, "InvalidSignatureException")
    assert get(keys, url.replace("maxResults=2", "maxResults=3"))[:2] == wrong
    assert get(keys, url.replace("/things?", "/policies?"))[:2] == wrong
    assert get(keys, url.replace("X-Amz-Expires=600", "X-Amz-Expires=6000"))[:2] == wrong
    assert get(keys, url, method="DELETE")[:2] == wrong
    assert get(keys, presigned(keys, "/things", secret="wrong"))[:2] == wrong
    assert get(keys, presigned(keys, "/things", expires=3600, moved=-3000))[0] == 200
    status, name, body, _ = get(keys, presigned(keys, "/things", expires=600, moved=-700))
    assert (status, name) == wrong and body["message"].startswith("Signature expired: ")
    status, name, body, _ = get(keys, presigned(keys, "/things", moved=400))
    assert (status, name) == wrong and body["message"].startswith("Signature not yet current: ")


def test_what_is_no_presigned_url(server):
    keys = server.keys
    incomplete = (400, "IncompleteSignatureException")
    for expires in (0, 604801, 2**63 - 1, 2**64, -1):
        url = presigned(keys, "/things", expires=expires)
        status, name, body, _ = get(keys, url)
        assert (status, name) == incomplete and "X-Amz-Expires" in body["message"]
    assert get(keys, presigned(keys, "/things", expires=604800))[0] == 200
    url = presigned(keys, "/things")
    for part in ("Algorithm", "Credential", "Date", "SignedHeaders", "Signature"):
        kept = [pair for pair in url.split("?")[1].split("&")
                if not pair.startswith(f"X-Amz-{part}=")]
        status, name, *_ = get(keys, "/things?" + "&".join(kept))
        assert (status, name) == incomplete, part
    both = signed.headers(keys, "GET", "/things")
    assert get(keys, url, headers=both)[:2] == incomplete


def test_a_token_with_a_lasting_key_is_refused(server):
    """As on AWS: a token belongs to temporary keys."""
    keys = server.keys
    assert get(keys, presigned(keys, "/things", token="a/token"))[:2] == (
        403, "UnrecognizedClientException")
    env = keys.env
    client = boto3.client(
        "iot", endpoint_url=env["AWS_ENDPOINT_URL"], region_name=env["AWS_DEFAULT_REGION"],
        aws_access_key_id=env["AWS_ACCESS_KEY_ID"], verify=env["AWS_CA_BUNDLE"],
        aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"], aws_session_token="token")
    with pytest.raises(ClientError) as error:
        client.list_things()
    assert error.value.response["Error"]["Code"] == "UnrecognizedClientException"


@pytest.mark.parametrize("seconds,words", [
    (-301, "Signature expired: "), (-86400, "Signature expired: "),
    (302, "Signature not yet current: "), (86400 * 400, "Signature not yet current: "),
])
def test_a_clock_that_differs(server, seconds, words):
    client = server.keys.client("iot")
    with clock(seconds), pytest.raises(ClientError) as error:
        client.list_things()
    response = error.value.response
    assert response["Error"]["Code"] == "InvalidSignatureException"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert response["Error"]["Message"].startswith(words)
    # SDKs that mend their clock take the server's time from here.
    date = response["ResponseMetadata"]["HTTPHeaders"]["date"]
    server_time = email.utils.parsedate_to_datetime(date)
    apart = datetime.datetime.now(datetime.timezone.utc) - server_time
    assert abs(apart.total_seconds()) < 5


@pytest.mark.parametrize("seconds", [-290, 290])
def test_a_clock_that_differs_a_little(server, seconds):
    client = server.keys.client("iot")
    with clock(seconds):
        client.list_things(maxResults=1)


def test_refused_signatures_are_events(server):
    keys = server.make_keys()
    env, key = keys.env, keys.env["AWS_ACCESS_KEY_ID"]
    with pytest.raises(ClientError):
        keys.client("iot", secret="wrong").list_things()
    where = f"kind = 'api' and principal = '{key}' and cause like "
    seen = sql.event(server, where + "'signature does not match%'")
    assert seen["outcome"] == "refused" and seen["count"] == 1
    client = keys.client("iot")
    with clock(-900):
        for _ in range(20):
            with pytest.raises(ClientError):
                client.list_things()
    expired = where + "'signature expired%'"
    assert sql.event(server, expired)["outcome"] == "refused"
    assert sql.count(server, f"select count(*) from events where {expired}") == 1, "folded"
    stranger = boto3.client(
        "iot", endpoint_url=env["AWS_ENDPOINT_URL"], region_name=env["AWS_DEFAULT_REGION"],
        aws_access_key_id="AKIAAAAAAAAAAAAAAAAA", aws_secret_access_key="x",
        verify=env["AWS_CA_BUNDLE"], config=Config(retries={"max_attempts": 0}))
    with pytest.raises(ClientError) as error:
        stranger.list_things()
    assert error.value.response["Error"]["Code"] == "UnrecognizedClientException"
    seen = sql.event(server, "kind = 'api' and cause like 'access key unknown%'")
    assert seen["outcome"] == "refused" and seen["principal"] is None
