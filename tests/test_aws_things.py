# SPDX-License-Identifier: Apache-2.0
"""Things and who is attached to them, by boto3."""

import pytest

from harness.aws_errors import entries, pages, refusal, refused, why


@pytest.fixture(scope="module")
def iot(server):
    return server.keys.client("iot")


@pytest.fixture(scope="module")
def certificates(iot):
    """ARNs, in the order in which lists have them."""
    made = [iot.create_keys_and_certificate(setAsActive=True) for _ in range(3)]
    return sorted(one["certificateArn"] for one in made)


def test_attributes_are_merged_replaced_and_removed(iot):
    iot.create_thing(thingName="update-a",
                     attributePayload={"attributes": {"site": "north", "floor": "1"}})
    for payload, wanted in [
        ({"attributes": {"floor": "2"}, "merge": True}, {"site": "north", "floor": "2"}),
        ({"attributes": {"site": ""}, "merge": True}, {"floor": "2"}),
        ({"attributes": {"room": "3"}}, {"room": "3"}),
        ({"attributes": {}}, {}),
    ]:
        before = iot.describe_thing(thingName="update-a")["version"]
        iot.update_thing(thingName="update-a", attributePayload=payload)
        now = iot.describe_thing(thingName="update-a")
        assert now["attributes"] == wanted and now["version"] == before + 1
    version = now["version"]
    iot.update_thing(thingName="update-a", expectedVersion=version, removeThingType=True)
    assert refused(iot.update_thing, thingName="update-a", expectedVersion=version) == (
        "VersionConflictException", 409)
    assert refused(iot.delete_thing, thingName="update-a", expectedVersion=version) == (
        "VersionConflictException", 409)
    iot.delete_thing(thingName="update-a", expectedVersion=version + 1)


def test_what_update_thing_refuses(iot):
    iot.create_thing(thingName="update-b")
    invalid = ("InvalidRequestException", 400)
    for payload in [{"attributes": {str(n): "x" for n in range(4)}},
                    {"attributes": {"a b": "x"}}, {"attributes": {"a": "x y"}},
                    {"attributes": {"a": "x" * 801}}]:
        assert refused(iot.update_thing, thingName="update-b", attributePayload=payload) == invalid
    assert refused(iot.update_thing, thingName="update-b", thingTypeName="t",
                   removeThingType=True) == invalid
    missing = ("ResourceNotFoundException", 404)
    assert refused(iot.update_thing, thingName="update-b", thingTypeName="t") == missing
    assert refused(iot.update_thing, thingName="update-nowhere") == missing
    for expected in (-2**63, 2**63 - 1):
        assert refused(iot.update_thing, thingName="update-b", expectedVersion=expected)[1] == 409
    assert iot.describe_thing(thingName="update-b")["version"] == 1


def test_a_thing_that_exists_is_named(iot):
    made = iot.create_thing(thingName="exists", attributePayload={"attributes": {"a": "1"}})
    answer = refusal(iot.create_thing, thingName="exists")
    assert answer["resourceId"] == made["thingId"] and answer["resourceArn"] == made["thingArn"]


def test_filters_of_the_list(iot):
    for number in range(3):
        iot.create_thing(thingName=f"filter-{number}",
                         attributePayload={"attributes": {"plant": f"p-{number}"}})

    def names(**filters):
        return [thing["thingName"] for thing in entries(iot.list_things, "things", **filters)]

    every = [f"filter-{number}" for number in range(3)]
    assert names(attributeName="plant") == every
    assert names(attributeName="plant", attributeValue="p-1") == ["filter-1"]
    assert names(attributeName="plant", attributeValue="p-", usePrefixAttributeValue=True) == every
    assert names(attributeName="plant", attributeValue="p-") == []
    assert names(thingTypeName="none") == []
    assert refused(iot.list_things, attributeValue="p-1")[1] == 400


def test_principals_of_a_thing_and_things_of_a_principal(iot, certificates):
    names = ["principals-a", "principals-b", "principals-c"]
    for name in names:
        iot.create_thing(thingName=name)
    for arn in certificates:
        iot.attach_thing_principal(thingName=names[0], principal=arn)
    for name in names[1:]:
        iot.attach_thing_principal(thingName=name, principal=certificates[0])

    assert iot.list_thing_principals(thingName=names[0])["principals"] == certificates
    paged = pages(iot.list_thing_principals, thingName=names[0], maxResults=2)
    assert [len(page["principals"]) for page in paged] == [2, 1]
    assert [arn for page in paged for arn in page["principals"]] == certificates
    paged = pages(iot.list_thing_principals_v2, thingName=names[0], maxResults=1)
    objects = [one for page in paged for one in page["thingPrincipalObjects"]]
    assert objects == [{"principal": arn, "thingPrincipalType": "NON_EXCLUSIVE_THING"}
                       for arn in certificates]

    assert entries(iot.list_principal_things, "things", principal=certificates[0],
                   maxResults=1) == names
    objects = entries(iot.list_principal_things_v2, "principalThingObjects",
                      principal=certificates[0], maxResults=2)
    assert [one["thingName"] for one in objects] == names
    assert list(iot.get_paginator("list_principal_things").paginate(
        principal=certificates[0], PaginationConfig={"PageSize": 2}).search("things[]")) == names


def test_an_exclusive_attachment_is_told_apart(iot):
    arn = iot.create_keys_and_certificate()["certificateArn"]
    iot.create_thing(thingName="exclusive")
    iot.attach_thing_principal(thingName="exclusive", principal=arn,
                               thingPrincipalType="EXCLUSIVE_THING")
    for kind, count in (("EXCLUSIVE_THING", 1), ("NON_EXCLUSIVE_THING", 0)):
        of_thing = iot.list_thing_principals_v2(thingName="exclusive", thingPrincipalType=kind)
        of_principal = iot.list_principal_things_v2(principal=arn, thingPrincipalType=kind)
        assert len(of_thing["thingPrincipalObjects"]) == count
        assert len(of_principal["principalThingObjects"]) == count
    assert refused(iot.list_principal_things_v2, principal=arn, thingPrincipalType="x")[1] == 400


def test_lists_of_what_is_not_there(iot, certificates):
    missing = ("ResourceNotFoundException", 404)
    nobody = certificates[0][:-64] + "0" * 64
    for operation in (iot.list_thing_principals, iot.list_thing_principals_v2):
        assert refused(operation, thingName="nowhere") == missing
    for operation in (iot.list_principal_things, iot.list_principal_things_v2):
        assert refused(operation, principal=nobody) == missing
        cognito = "us-east-1:01234567-89ab-cdef-0123-456789abcdef"
        assert "Cognito" in why(operation, principal=cognito)
        foreign = certificates[0].replace(":000000000001:", ":000000000002:")
        assert refused(operation, principal=foreign)[1] == 400


@pytest.mark.parametrize("size", [0, -1, 251, 2**31, 2**63 - 1, -2**63, 2**64])
def test_page_sizes_beyond_the_limit(server, size):
    from harness import signed
    for path in ("/things?maxResults=", "/certificates?pageSize=", "/policies?pageSize="):
        head = signed.headers(server.keys, "GET", f"{path}{size}")
        status, headers, _ = signed.send(server.keys, "GET", f"{path}{size}", None, head)
        assert (status, headers["x-amzn-errortype"]) == (400, "InvalidRequestException")


def test_tokens_are_their_own_lists_alone(iot, certificates):
    iot.create_thing(thingName="tokens-a")
    iot.create_thing(thingName="tokens-b")
    token = iot.list_things(maxResults=1)["nextToken"]
    invalid = ("InvalidRequestException", 400)
    assert refused(iot.list_thing_principals, thingName="tokens-a", nextToken=token) == invalid
    for bad in ("x", "!!!!", "A" * 5000, token[:-4]):
        assert refused(iot.list_things, nextToken=bad) == invalid
