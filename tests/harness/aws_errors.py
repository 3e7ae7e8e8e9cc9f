# SPDX-License-Identifier: Apache-2.0
"""What boto3 makes of a refusal, and following pages as a caller does."""

import pytest
from botocore.exceptions import ClientError


def refusal(operation, **arguments) -> dict:
    """The whole answer of an operation that must be refused."""
    with pytest.raises(ClientError) as error:
        operation(**arguments)
    return error.value.response


def refused(operation, **arguments) -> tuple[str, int]:
    """(code, HTTP status) of the error."""
    response = refusal(operation, **arguments)
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def why(operation, **arguments) -> str:
    """The error's words."""
    return refusal(operation, **arguments)["Error"]["Message"]


def pages(operation, **arguments) -> list[dict]:
    """All pages, by whichever token the operation has."""
    found, token = [], {}
    while True:
        found.append(operation(**arguments, **token))
        assert len(found) < 1000, "the list does not end"
        last = found[-1]
        if last.get("nextToken"):
            token = {"nextToken": last["nextToken"]}
        elif last.get("nextMarker"):
            token = {"marker": last["nextMarker"]}
        else:
            assert "nextToken" not in last and "nextMarker" not in last
            return found


def entries(operation, key: str, **arguments) -> list:
    """All entries of all pages."""
    return [entry for page in pages(operation, **arguments) for entry in page[key]]
