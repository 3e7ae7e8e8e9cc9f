# SPDX-License-Identifier: Apache-2.0
"""The AWS operations by unmodified boto3: what they answer, and the errors they name."""

import hashlib
import json
import ssl

import pytest

from harness import policies
from harness.aws_errors import entries, refused


@pytest.fixture(scope="module")
def iot(server):
    return server.keys.client("iot")


def test_caller_identity(server):
    me = server.keys.client("sts").get_caller_identity()
    assert len(me["Account"]) == 12 and me["Account"].isdigit()
    assert me["Account"] in me["Arn"] and me["UserId"]


def test_things_are_made_once_and_described(iot):
    made = iot.create_thing(thingName="api-thing",
                            attributePayload={"attributes": {"site": "north"}})
    assert made["thingArn"].endswith(":thing/api-thing") and made["thingId"]
    again = iot.create_thing(thingName="api-thing",
                             attributePayload={"attributes": {"site": "north"}})
    assert again["thingId"] == made["thingId"], "the same again is the same thing"
    assert refused(iot.create_thing, thingName="api-thing",
                   attributePayload={"attributes": {"site": "south"}}) == (
        "ResourceAlreadyExistsException", 409)
    described = iot.describe_thing(thingName="api-thing")
    assert described["attributes"] == {"site": "north"}
    assert described["thingId"] == made["thingId"] and described["version"] == 1
    assert described["defaultClientId"] == "api-thing"


def test_things_are_listed_in_pages_and_deleted(iot):
    names = [f"paged-{number:02}" for number in range(7)]
    for number, name in enumerate(names):
        iot.create_thing(thingName=name, attributePayload={
            "attributes": {"parity": "odd" if number % 2 else "even"}})
    listed = [t["thingName"] for t in entries(iot.list_things, "things", maxResults=3)]
    assert set(names) <= set(listed) and len(listed) == len(set(listed))
    odd = entries(iot.list_things, "things", attributeName="parity", attributeValue="odd")
    assert [thing["thingName"] for thing in odd] == names[1::2]
    for name in names:
        iot.delete_thing(thingName=name)
    left = {thing["thingName"] for thing in entries(iot.list_things, "things")}
    assert not set(names) & left
    iot.delete_thing(thingName="paged-00")
    assert refused(iot.describe_thing, thingName="paged-00") == ("ResourceNotFoundException", 404)


@pytest.mark.parametrize("name", ["with space", "with#hash", "ü", "x" * 129])
def test_bad_names_are_refused(iot, name):
    assert refused(iot.create_thing, thingName=name) == ("InvalidRequestException", 400)


def test_a_certificate_is_known_by_the_digest_of_its_der(iot):
    made = iot.create_keys_and_certificate(setAsActive=False)
    der = ssl.PEM_cert_to_DER_cert(made["certificatePem"])
    assert made["certificateId"] == hashlib.sha256(der).hexdigest()
    assert made["certificateArn"].endswith(f":cert/{made['certificateId']}")
    assert "PRIVATE KEY" in made["keyPair"]["PrivateKey"]
    assert "PUBLIC KEY" in made["keyPair"]["PublicKey"]
    described = iot.describe_certificate(certificateId=made["certificateId"])
    body = described["certificateDescription"]
    assert body["status"] == "INACTIVE" and body["certificatePem"] == made["certificatePem"]
    assert body["validity"]["notAfter"].year >= 2049
    iot.update_certificate(certificateId=made["certificateId"], newStatus="ACTIVE")
    described = iot.describe_certificate(certificateId=made["certificateId"])
    assert described["certificateDescription"]["status"] == "ACTIVE"


def test_certificates_that_are_not_there_or_wrong(iot):
    assert refused(iot.describe_certificate, certificateId="0" * 64) == (
        "ResourceNotFoundException", 404)
    assert refused(iot.update_certificate, certificateId="0" * 64, newStatus="ACTIVE") == (
        "ResourceNotFoundException", 404)
    made = iot.create_keys_and_certificate(setAsActive=True)
    assert refused(iot.update_certificate, certificateId=made["certificateId"],
                   newStatus="NONSENSE")[1] == 400


def test_policies_are_kept_verbatim(iot):
    document = '{ "Version": "2012-10-17",\n  "Statement": [ %s ] }' % json.dumps(
        policies.allow("iot:Connect"))
    made = iot.create_policy(policyName="api-policy", policyDocument=document)
    assert made["policyDocument"] == document and made["policyVersionId"] == "1"
    got = iot.get_policy(policyName="api-policy")
    assert got["policyDocument"] == document and got["defaultVersionId"] == "1"
    assert got["policyArn"].endswith(":policy/api-policy")
    assert refused(iot.create_policy, policyName="api-policy", policyDocument=document) == (
        "ResourceAlreadyExistsException", 409)
    assert refused(iot.get_policy, policyName="nowhere") == ("ResourceNotFoundException", 404)


@pytest.mark.parametrize("document", [
    "{", "[]", '{"Version":"2012-10-17"}', '{"Version":"1999-01-01","Statement":[]}',
    '{"Version":"2012-10-17","Statement":[{"Effect":"Maybe","Action":"iot:*","Resource":"*"}]}',
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*"}]}',
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*",'
    '"Condition":{"Nonsense":{"a":"b"}}}]}',
])
def test_malformed_policies_are_refused(iot, document):
    assert refused(iot.create_policy, policyName="malformed", policyDocument=document) == (
        "MalformedPolicyException", 400)


def test_attachments(iot):
    certificate = iot.create_keys_and_certificate(setAsActive=True)["certificateArn"]
    iot.create_thing(thingName="attached-thing")
    for name in ("attached-a", "attached-b"):
        iot.create_policy(policyName=name, policyDocument=policies.EVERYTHING)
        iot.attach_policy(policyName=name, target=certificate)
        iot.attach_policy(policyName=name, target=certificate)
    listed = iot.list_attached_policies(target=certificate)["policies"]
    assert sorted(policy["policyName"] for policy in listed) == ["attached-a", "attached-b"]
    iot.detach_policy(policyName="attached-a", target=certificate)
    listed = iot.list_attached_policies(target=certificate)["policies"]
    assert [policy["policyName"] for policy in listed] == ["attached-b"]

    iot.attach_thing_principal(thingName="attached-thing", principal=certificate)
    assert refused(iot.delete_thing, thingName="attached-thing") == ("InvalidRequestException", 400)
    iot.detach_thing_principal(thingName="attached-thing", principal=certificate)
    iot.delete_thing(thingName="attached-thing")


def test_attachments_to_what_is_not_there(iot):
    certificate = iot.create_keys_and_certificate(setAsActive=True)["certificateArn"]
    assert refused(iot.attach_policy, policyName="nowhere", target=certificate) == (
        "ResourceNotFoundException", 404)
    assert refused(iot.attach_thing_principal, thingName="nowhere", principal=certificate) == (
        "ResourceNotFoundException", 404)
    nobody = certificate[:-64] + "0" * 64
    assert refused(iot.attach_policy, policyName="api-policy", target=nobody)[1] in (400, 404)


def test_the_endpoint_is_told(iot):
    for kind in ("iot:Data-ATS", "iot:Data"):
        assert iot.describe_endpoint(endpointType=kind)["endpointAddress"]
    assert refused(iot.describe_endpoint, endpointType="nonsense")[1] == 400
