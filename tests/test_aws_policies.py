# SPDX-License-Identifier: Apache-2.0
"""Versions of policies, lists of policies and targets, and the older names, by boto3."""

import pytest

from harness import policies
from harness.aws_errors import entries, pages, refusal, refused

MISSING = ("ResourceNotFoundException", 404)
INVALID = ("InvalidRequestException", 400)
IN_USE = ("DeleteConflictException", 409)


@pytest.fixture(scope="module")
def iot(server):
    return server.keys.client("iot")


@pytest.fixture(scope="module")
def certificate(iot):
    return iot.create_keys_and_certificate(setAsActive=True)["certificateArn"]


def test_a_policy_that_exists_is_named(iot):
    made = iot.create_policy(policyName="exists", policyDocument=policies.EVERYTHING)
    answer = refusal(iot.create_policy, policyName="exists", policyDocument=policies.EVERYTHING)
    assert answer["resourceId"] == "exists" and answer["resourceArn"] == made["policyArn"]
    assert refused(iot.create_policy, policyName="tagged", policyDocument=policies.EVERYTHING,
                   tags=[{"Key": "aws:a", "Value": "b"}]) == INVALID


def test_versions(iot):
    iot.create_policy(policyName="versions", policyDocument=policies.EVERYTHING)
    other = policies.document(policies.deny("iot:*"))
    made = iot.create_policy_version(policyName="versions", policyDocument=other)
    assert made["policyVersionId"] == "2" and made["isDefaultVersion"] is False
    assert made["policyDocument"] == other and made["policyArn"].endswith(":policy/versions")
    assert iot.get_policy(policyName="versions")["defaultVersionId"] == "1"
    made = iot.create_policy_version(policyName="versions", policyDocument=other, setAsDefault=True)
    assert made["policyVersionId"] == "3" and made["isDefaultVersion"] is True
    assert iot.get_policy(policyName="versions")["policyDocument"] == other
    for _ in range(2):
        iot.create_policy_version(policyName="versions", policyDocument=other)
    assert refused(iot.create_policy_version, policyName="versions", policyDocument=other) == (
        "VersionsLimitExceededException", 409)
    listed = iot.list_policy_versions(policyName="versions")["policyVersions"]
    assert [one["versionId"] for one in listed] == ["5", "4", "3", "2", "1"]
    assert [one["versionId"] for one in listed if one["isDefaultVersion"]] == ["3"]
    assert all(one["createDate"] for one in listed)

    got = iot.get_policy_version(policyName="versions", policyVersionId="1")
    assert got["policyDocument"] == policies.EVERYTHING and got["isDefaultVersion"] is False
    assert got["policyName"] == "versions" and got["creationDate"] and got["generationId"]
    assert refused(iot.delete_policy_version, policyName="versions", policyVersionId="3") == IN_USE
    iot.set_default_policy_version(policyName="versions", policyVersionId="1")
    iot.delete_policy_version(policyName="versions", policyVersionId="3")
    assert refused(iot.get_policy_version, policyName="versions", policyVersionId="3") == MISSING
    made = iot.create_policy_version(policyName="versions", policyDocument=other)
    assert made["policyVersionId"] == "6", "a number is never used again"


def test_versions_that_are_refused(iot):
    iot.create_policy(policyName="refusals", policyDocument=policies.EVERYTHING)
    malformed = ("MalformedPolicyException", 400)
    for document in ("", "{", '{"Version":"2012-10-17"}', "x" * 3000):
        assert refused(iot.create_policy_version, policyName="refusals",
                       policyDocument=document) == malformed
    assert refused(iot.create_policy_version, policyName="nowhere",
                   policyDocument=policies.EVERYTHING) == MISSING
    for operation in (iot.get_policy_version, iot.delete_policy_version,
                      iot.set_default_policy_version):
        assert refused(operation, policyName="nowhere", policyVersionId="1") == MISSING
        for version in ("2", "0", "01", str(2**63), str(2**64)):
            assert refused(operation, policyName="refusals", policyVersionId=version) == MISSING
        for version in ("x", "-1", "1.0"):
            assert refused(operation, policyName="refusals", policyVersionId=version) == INVALID
    assert refused(iot.list_policy_versions, policyName="nowhere") == MISSING


def test_a_policy_goes_when_nobody_has_it(iot, certificate):
    iot.create_policy(policyName="going", policyDocument=policies.EVERYTHING)
    iot.create_policy_version(policyName="going", policyDocument=policies.EVERYTHING)
    iot.attach_policy(policyName="going", target=certificate)
    assert refused(iot.delete_policy, policyName="going") == IN_USE
    iot.delete_policy_version(policyName="going", policyVersionId="2")
    assert refused(iot.delete_policy, policyName="going") == IN_USE
    iot.detach_policy(policyName="going", target=certificate)
    iot.delete_policy(policyName="going")
    assert refused(iot.delete_policy, policyName="going") == MISSING
    assert refused(iot.get_policy, policyName="going") == MISSING


def test_the_list_goes_both_ways(iot):
    names = [f"listed-{number}" for number in (3, 1, 5, 2, 4)]
    for name in names:
        iot.create_policy(policyName=name, policyDocument=policies.EVERYTHING)

    def listed(**arguments):
        found = entries(iot.list_policies, "policies", **arguments)
        assert all(one["policyArn"].endswith(f":policy/{one['policyName']}") for one in found)
        return [one["policyName"] for one in found if one["policyName"] in names]

    assert listed(ascendingOrder=True, pageSize=2) == names
    assert listed(pageSize=3) == names[::-1], "newest first unless asked otherwise"
    paginator = iot.get_paginator("list_policies")
    found = paginator.paginate(PaginationConfig={"PageSize": 2}).search("policies[].policyName")
    assert set(names) <= set(found)


def test_targets_and_principals_of_a_policy(iot):
    iot.create_policy(policyName="shared", policyDocument=policies.EVERYTHING)
    made = [iot.create_keys_and_certificate()["certificateArn"] for _ in range(5)]
    for arn in made:
        iot.attach_policy(policyName="shared", target=arn)
    paged = pages(iot.list_targets_for_policy, policyName="shared", pageSize=2)
    assert [len(page["targets"]) for page in paged] == [2, 2, 1]
    assert sorted(arn for page in paged for arn in page["targets"]) == sorted(made)
    older = iot.list_policy_principals
    assert entries(older, "principals", policyName="shared", pageSize=2,
                   ascendingOrder=True) == made
    assert entries(older, "principals", policyName="shared", pageSize=2) == made[::-1]
    assert refused(iot.list_targets_for_policy, policyName="nowhere") == MISSING
    assert refused(older, policyName="nowhere") == MISSING


def test_the_older_names(iot):
    arn = iot.create_keys_and_certificate()["certificateArn"]
    names = ["older-a", "older-b", "older-c"]
    for name in names:
        iot.create_policy(policyName=name, policyDocument=policies.EVERYTHING)
        iot.attach_principal_policy(policyName=name, principal=arn)
        iot.attach_principal_policy(policyName=name, principal=arn)
    listed = entries(iot.list_principal_policies, "policies", principal=arn, pageSize=2,
                     ascendingOrder=True)
    assert [one["policyName"] for one in listed] == names
    listed = entries(iot.list_principal_policies, "policies", principal=arn, pageSize=1)
    assert [one["policyName"] for one in listed] == names[::-1]
    listed = entries(iot.list_attached_policies, "policies", target=arn, pageSize=2)
    assert [one["policyName"] for one in listed] == names
    iot.detach_principal_policy(policyName="older-b", principal=arn)
    listed = iot.list_principal_policies(principal=arn, ascendingOrder=True)["policies"]
    assert [one["policyName"] for one in listed] == ["older-a", "older-c"]
    nobody = arn[:-64] + "0" * 64
    assert refused(iot.list_principal_policies, principal=nobody) == MISSING
    assert refused(iot.attach_principal_policy, policyName="older-a", principal=nobody) == MISSING
    assert refused(iot.attach_principal_policy, policyName="nowhere", principal=arn) == MISSING
    assert refused(iot.detach_principal_policy, policyName="nowhere", principal=arn) == MISSING
    assert refused(iot.attach_principal_policy, policyName="older-a", principal="x") == INVALID


def test_ten_policies_on_a_target(iot):
    arn = iot.create_keys_and_certificate()["certificateArn"]
    for number in range(11):
        name = f"ten-{number}"
        iot.create_policy(policyName=name, policyDocument=policies.EVERYTHING)
        if number < 10:
            iot.attach_policy(policyName=name, target=arn)
        else:
            assert refused(iot.attach_policy, policyName=name, target=arn) == (
                "LimitExceededException", 410)
