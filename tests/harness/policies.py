# SPDX-License-Identifier: Apache-2.0
"""AWS IoT policy documents that the tests use."""

import json


def document(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more) -> dict:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more) -> dict:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def arn(rest: str) -> str:
    """In the account and region that a fresh server has; `*` stands for both."""
    return f"arn:aws:iot:*:*:{rest}"


EVERYTHING = document(allow("iot:*"))


def only_topics(*topics: str) -> str:
    """Connect as anybody; publish, subscribe and receive on these topics alone."""
    return document(
        allow("iot:Connect"),
        allow(["iot:Publish", "iot:Receive"], [arn(f"topic/{t}") for t in topics]),
        allow("iot:Subscribe", [arn(f"topicfilter/{t}") for t in topics]),
    )
