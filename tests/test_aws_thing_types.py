# SPDX-License-Identifier: Apache-2.0
"""Thing types, and tags of what has them, by boto3."""

import pytest

from harness import policies
from harness.aws_errors import entries, pages, refusal, refused, why

MISSING = ("ResourceNotFoundException", 404)
INVALID = ("InvalidRequestException", 400)


@pytest.fixture(scope="module")
def iot(server):
    return server.keys.client("iot")


def test_a_type_is_made_described_and_changed(iot):
    said = {"thingTypeDescription": "a water meter", "searchableAttributes": ["dn", "site"]}
    made = iot.create_thing_type(thingTypeName="type-meter", thingTypeProperties=said)
    assert made["thingTypeName"] == "type-meter" and made["thingTypeId"]
    assert made["thingTypeArn"].endswith(":000000000001:thingtype/type-meter")
    again = iot.create_thing_type(thingTypeName="type-meter", thingTypeProperties=said)
    assert again["thingTypeId"] == made["thingTypeId"]
    answer = refusal(iot.create_thing_type, thingTypeName="type-meter")
    assert answer["Error"]["Code"] == "ResourceAlreadyExistsException"
    assert answer["resourceId"] == made["thingTypeId"]
    assert answer["resourceArn"] == made["thingTypeArn"]

    described = iot.describe_thing_type(thingTypeName="type-meter")
    assert described["thingTypeProperties"] == said
    assert described["thingTypeId"] == made["thingTypeId"]
    metadata = described["thingTypeMetadata"]
    assert metadata["deprecated"] is False and metadata["creationDate"]
    assert "deprecationDate" not in metadata
    iot.update_thing_type(thingTypeName="type-meter",
                          thingTypeProperties={"searchableAttributes": ["dn"]})
    described = iot.describe_thing_type(thingTypeName="type-meter")
    assert described["thingTypeProperties"] == {**said, "searchableAttributes": ["dn"]}


def test_what_is_refused(iot):
    create, update = iot.create_thing_type, iot.update_thing_type
    for properties in ({"searchableAttributes": ["a", "b", "c", "d"]},
                       {"searchableAttributes": ["a b"]}, {"thingTypeDescription": "zwölf"},
                       {"thingTypeDescription": "x" * 2029}):
        assert refused(create, thingTypeName="type-bad", thingTypeProperties=properties) == INVALID
    assert refused(create, thingTypeName="a.b") == INVALID
    propagating = {"mqtt5Configuration": {"propagatingAttributes": [
        {"userPropertyKey": "dn", "thingAttribute": "dn"}]}}
    said = why(create, thingTypeName="type-bad", thingTypeProperties=propagating)
    assert "mqtt5Configuration" in said and "leave" in said
    iot.create_thing_type(thingTypeName="type-plain",
                          thingTypeProperties={"mqtt5Configuration": {}})
    assert refused(update, thingTypeName="type-plain", thingTypeProperties=propagating) == INVALID
    for operation in (iot.describe_thing_type, update, iot.deprecate_thing_type,
                      iot.delete_thing_type):
        assert refused(operation, thingTypeName="type-nowhere") == MISSING


def test_things_of_a_type(iot):
    assert refused(iot.create_thing, thingName="typed", thingTypeName="type-none") == MISSING
    iot.create_thing_type(thingTypeName="type-of-many")
    many = {str(number): "x" for number in range(50)}
    payload = {"attributes": many}
    assert refused(iot.create_thing, thingName="typed", attributePayload=payload) == INVALID
    iot.create_thing(thingName="typed", thingTypeName="type-of-many", attributePayload=payload)
    described = iot.describe_thing(thingName="typed")
    assert described["thingTypeName"] == "type-of-many" and described["attributes"] == many
    more = {"attributes": {"one": "more"}, "merge": True}
    assert refused(iot.update_thing, thingName="typed", attributePayload=more) == INVALID
    assert refused(iot.update_thing, thingName="typed", removeThingType=True) == INVALID
    assert refused(iot.update_thing, thingName="typed", thingTypeName="type-none") == MISSING
    iot.update_thing(thingName="typed", removeThingType=True,
                     attributePayload={"attributes": {"a": "1"}})
    assert "thingTypeName" not in iot.describe_thing(thingName="typed")
    iot.update_thing(thingName="typed", thingTypeName="type-of-many")
    listed = entries(iot.list_things, "things", thingTypeName="type-of-many")
    assert [thing["thingName"] for thing in listed] == ["typed"]
    answer = refusal(iot.create_thing, thingName="typed")
    assert answer["Error"]["Code"] == "ResourceAlreadyExistsException"


def test_a_deprecated_type(iot):
    iot.create_thing_type(thingTypeName="type-old")
    iot.create_thing(thingName="old", thingTypeName="type-old")
    assert refused(iot.delete_thing_type, thingTypeName="type-old") == INVALID
    iot.deprecate_thing_type(thingTypeName="type-old")
    metadata = iot.describe_thing_type(thingTypeName="type-old")["thingTypeMetadata"]
    assert metadata["deprecated"] is True and metadata["deprecationDate"] >= metadata["creationDate"]
    assert refused(iot.create_thing, thingName="new", thingTypeName="type-old") == INVALID
    assert "deprecated" in why(iot.create_thing, thingName="new", thingTypeName="type-old")
    assert iot.create_thing(thingName="old", thingTypeName="type-old")["thingId"], "it is there"
    iot.update_thing(thingName="old", attributePayload={"attributes": {"a": "1"}})
    assert "5 minutes" in why(iot.delete_thing_type, thingTypeName="type-old")
    iot.deprecate_thing_type(thingTypeName="type-old", undoDeprecate=True)
    metadata = iot.describe_thing_type(thingTypeName="type-old")["thingTypeMetadata"]
    assert metadata["deprecated"] is False and "deprecationDate" not in metadata
    iot.create_thing(thingName="new", thingTypeName="type-old")


def test_types_page_by_page(iot):
    names = [f"page-{number}" for number in range(5)]
    for name in names[::-1]:
        iot.create_thing_type(thingTypeName=name)
    paged = pages(iot.list_thing_types, maxResults=2)
    assert all(len(page["thingTypes"]) <= 2 for page in paged)
    found = [one["thingTypeName"] for page in paged for one in page["thingTypes"]]
    assert found == sorted(found) and set(names) <= set(found)
    paginator = iot.get_paginator("list_thing_types")
    found = paginator.paginate(PaginationConfig={"PageSize": 3}).search("thingTypes[].thingTypeName")
    assert set(names) <= set(found)
    (one,) = entries(iot.list_thing_types, "thingTypes", thingTypeName="page-3")
    assert one["thingTypeArn"].endswith(":thingtype/page-3") and one["thingTypeMetadata"]
    assert entries(iot.list_thing_types, "thingTypes", thingTypeName="page-9") == []
    assert refused(iot.list_thing_types, maxResults=251) == INVALID
    assert refused(iot.list_thing_types, nextToken="x") == INVALID


def tag(key: str, value: str = "") -> dict:
    return {"Key": key, "Value": value}


def test_tags(iot):
    document = policies.EVERYTHING
    arns = [
        iot.create_thing_type(thingTypeName="tagged", tags=[tag("site", "north")])["thingTypeArn"],
        iot.create_thing_group(thingGroupName="tagged", tags=[tag("site", "north")])["thingGroupArn"],
        iot.create_policy(policyName="type-tagged", policyDocument=document,
                          tags=[tag("site", "north")])["policyArn"],
        iot.create_authorizer(authorizerName="type-tagged", signingDisabled=True,
                              authorizerFunctionArn="https://authorizer.example/",
                              tags=[tag("site", "north")])["authorizerArn"],
    ]
    for arn in arns:
        assert iot.list_tags_for_resource(resourceArn=arn)["tags"] == [tag("site", "north")], arn
        iot.tag_resource(resourceArn=arn, tags=[tag("site", "süd"), tag("Ort/Halle 1", "")])
        listed = iot.list_tags_for_resource(resourceArn=arn)
        assert listed["tags"] == [tag("Ort/Halle 1"), tag("site", "süd")]
        assert "nextToken" not in listed
        iot.untag_resource(resourceArn=arn, tagKeys=["site", "never"])
        assert iot.list_tags_for_resource(resourceArn=arn)["tags"] == [tag("Ort/Halle 1")]
    iot.delete_policy(policyName="type-tagged")
    iot.delete_authorizer(authorizerName="type-tagged")
    iot.delete_thing_group(thingGroupName="tagged")
    for arn in arns[1:]:
        assert refused(iot.list_tags_for_resource, resourceArn=arn) == MISSING
    iot.create_policy(policyName="type-tagged", policyDocument=document)
    assert iot.list_tags_for_resource(resourceArn=arns[2])["tags"] == [], "it is another one"
    iot.delete_policy(policyName="type-tagged")


def test_tags_that_are_refused(iot):
    arn = iot.create_thing_group(thingGroupName="tags-refused")["thingGroupArn"]
    for bad in ([tag("aws:x")], [tag("a;b")], [tag("a", "x" * 257)], [tag("a"), tag("a")]):
        assert refused(iot.tag_resource, resourceArn=arn, tags=bad) == INVALID
        assert refused(iot.create_thing_group, thingGroupName="tags-never", tags=bad) == INVALID
    assert refused(iot.describe_thing_group, thingGroupName="tags-never") == MISSING
    iot.tag_resource(resourceArn=arn, tags=[tag(str(number)) for number in range(50)])
    assert refused(iot.tag_resource, resourceArn=arn, tags=[tag("one more")]) == (
        "LimitExceededException", 410)
    assert len(iot.list_tags_for_resource(resourceArn=arn)["tags"]) == 50

    thing = iot.create_thing(thingName="tags-thing")["thingArn"]
    certificate = iot.create_keys_and_certificate()["certificateArn"]
    for untaggable in (thing, certificate):
        for operation, more in ((iot.list_tags_for_resource, {}), (iot.untag_resource, {"tagKeys": ["a"]}),
                                (iot.tag_resource, {"tags": [tag("a")]})):
            assert refused(operation, resourceArn=untaggable, **more) == INVALID
    assert "attributes" in why(iot.list_tags_for_resource, resourceArn=thing)
    of_account = arn.rsplit(":", 1)[0]
    for nothing in ("thinggroup/nowhere", "thingtype/nowhere", "policy/nowhere", "authorizer/nowhere",
                    "cacert/" + "0" * 64, "job/nowhere", "billinggroup/nowhere"):
        assert refused(iot.list_tags_for_resource, resourceArn=f"{of_account}:{nothing}") == MISSING
    for foreign in ("x", arn.replace(":000000000001:", ":000000000002:"), f"{of_account}:what/ever"):
        assert refused(iot.list_tags_for_resource, resourceArn=foreign) == INVALID
