# SPDX-License-Identifier: Apache-2.0
"""HTTPS requests that boto3 would not send: unsigned, stale, with a broken signature or body."""

import datetime
import ssl
import unittest.mock
import urllib.error
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .keys import Keys


def headers(keys: Keys, method: str, path: str, body: bytes = b"") -> dict[str, str]:
    """The headers botocore would sign this request with."""
    request = AWSRequest(method, keys.env["AWS_ENDPOINT_URL"] + path, data=body,
                         headers={"Content-Type": "application/json"})
    credentials = Credentials(keys.env["AWS_ACCESS_KEY_ID"], keys.env["AWS_SECRET_ACCESS_KEY"])
    SigV4Auth(credentials, "iot", keys.env["AWS_DEFAULT_REGION"]).add_auth(request)
    return dict(request.headers)


def stale_headers(keys: Keys, method: str, path: str, hours: float) -> dict[str, str]:
    """Signed rightly, `hours` ago."""
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours)
    with unittest.mock.patch("botocore.auth.get_current_datetime", return_value=then):
        return headers(keys, method, path)


def send(keys: Keys, method: str, path: str, body: bytes | None, head: dict[str, str]):
    """(status, headers, body) of the answer, whatever it is."""
    context = ssl.create_default_context(cafile=keys.env["AWS_CA_BUNDLE"])
    request = urllib.request.Request(
        keys.env["AWS_ENDPOINT_URL"] + path, data=body, headers=head, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers, refused.read()
