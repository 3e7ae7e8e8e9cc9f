# SPDX-License-Identifier: Apache-2.0
"""Static thing groups, who is in them, and their policies on live connections, by boto3."""

import time

import pytest

from harness import device, policies
from harness.aws_errors import entries, pages, refusal, refused, why
from harness.mqtt import Client, Refused

MISSING = ("ResourceNotFoundException", 404)
INVALID = ("InvalidRequestException", 400)
CONFLICT = ("VersionConflictException", 409)
SECOND = 1.0


@pytest.fixture(scope="module")
def iot(server):
    return server.keys.client("iot")


def names(operation, **arguments) -> list[str]:
    """Names of the groups in all pages."""
    found = entries(operation, "thingGroups", **arguments)
    assert all(one["groupArn"].endswith(f":thinggroup/{one['groupName']}") for one in found)
    return [one["groupName"] for one in found]


@pytest.fixture(scope="module")
def tree(iot):
    """top > left > leaf, top > right: each with the prefix that is handed out."""
    iot.create_thing_group(thingGroupName="tree-top")
    for name, parent in (("left", "top"), ("leaf", "left"), ("right", "top")):
        iot.create_thing_group(thingGroupName=f"tree-{name}", parentGroupName=f"tree-{parent}")
    return "tree-"


def test_a_group_is_made_described_and_changed(iot, tree):
    said = {"thingGroupDescription": "the hall", "attributePayload": {"attributes": {"site": "north"}}}
    wanted = {"thingGroupName": "group-hall", "parentGroupName": "tree-leaf",
              "thingGroupProperties": said}
    made = iot.create_thing_group(**wanted)
    assert made["thingGroupArn"].endswith(":000000000001:thinggroup/group-hall")
    assert iot.create_thing_group(**wanted)["thingGroupId"] == made["thingGroupId"]
    for other in ({"parentGroupName": "tree-left"}, {"thingGroupProperties": {}}):
        answer = refusal(iot.create_thing_group, **{**wanted, **other})
        assert answer["Error"]["Code"] == "ResourceAlreadyExistsException"
        assert answer["resourceId"] == made["thingGroupId"]

    described = iot.describe_thing_group(thingGroupName="group-hall")
    assert described["thingGroupProperties"] == said and described["version"] == 1
    metadata = described["thingGroupMetadata"]
    assert metadata["parentGroupName"] == "tree-leaf" and metadata["creationDate"]
    above = [one["groupName"] for one in metadata["rootToParentThingGroups"]]
    assert above == ["tree-top", "tree-left", "tree-leaf"]
    top = iot.describe_thing_group(thingGroupName="tree-top")["thingGroupMetadata"]
    assert set(top) == {"creationDate"}
    for properties, expected in [
        ({"attributePayload": {"attributes": {"floor": "2"}, "merge": True}},
         {"site": "north", "floor": "2"}),
        ({"attributePayload": {"attributes": {"site": ""}, "merge": True}}, {"floor": "2"}),
        ({"thingGroupDescription": "another"}, {"floor": "2"}),
        ({"attributePayload": {"attributes": {"room": "3"}}}, {"room": "3"}),
    ]:
        version = iot.update_thing_group(thingGroupName="group-hall",
                                         thingGroupProperties=properties)["version"]
        described = iot.describe_thing_group(thingGroupName="group-hall")
        assert described["version"] == version
        now = described["thingGroupProperties"]
        assert now["attributePayload"]["attributes"] == expected
    assert version == 5 and now["thingGroupDescription"] == "another"
    stale = {"thingGroupName": "group-hall", "expectedVersion": 4}
    assert refused(iot.update_thing_group, thingGroupProperties={}, **stale) == CONFLICT
    assert refused(iot.delete_thing_group, **stale) == CONFLICT
    iot.delete_thing_group(thingGroupName="group-hall", expectedVersion=5)
    iot.delete_thing_group(thingGroupName="group-hall")
    assert refused(iot.describe_thing_group, thingGroupName="group-hall") == MISSING


def test_what_is_refused(iot, tree):
    create = iot.create_thing_group
    assert refused(create, thingGroupName="a.b") == INVALID
    assert refused(create, thingGroupName="group-x", parentGroupName="group-nowhere") == MISSING
    many = {str(number): "x" for number in range(51)}
    for properties in ({"thingGroupDescription": "ä"}, {"attributePayload": {"attributes": many}},
                       {"attributePayload": {"attributes": {"a b": "x"}}}):
        assert refused(create, thingGroupName="group-x", thingGroupProperties=properties) == INVALID
    assert refused(iot.update_thing_group, thingGroupName="group-nowhere",
                   thingGroupProperties={}) == MISSING
    assert "groups below it" in why(iot.delete_thing_group, thingGroupName="tree-left")
    for operation, arguments in [
        (iot.create_dynamic_thing_group, {"thingGroupName": "x", "queryString": "a:b"}),
        (iot.create_billing_group, {"billingGroupName": "x"}),
    ]:
        assert refused(operation, **arguments) == ("NotImplementedException", 501)
    assert refused(iot.create_thing, thingName="x", billingGroupName="x") == MISSING


def test_depth_and_width(iot):
    parent = None
    for level in range(1, 8):
        more = {"parentGroupName": parent} if parent else {}
        parent = iot.create_thing_group(thingGroupName=f"deep-{level}", **more)["thingGroupName"]
    assert refused(iot.create_thing_group, thingGroupName="deep-8", parentGroupName=parent) == INVALID
    for number in range(99):
        iot.create_thing_group(thingGroupName=f"wide-{number:02}", parentGroupName="deep-1")
    assert refused(iot.create_thing_group, thingGroupName="wide-x", parentGroupName="deep-1") == INVALID
    paged = pages(iot.list_thing_groups, parentGroup="deep-1", maxResults=40)
    assert [len(page["thingGroups"]) for page in paged] == [40, 40, 20]


def test_lists_of_groups(iot, tree):
    lists = iot.list_thing_groups
    everything = names(lists, namePrefixFilter=tree, maxResults=3)
    assert everything == ["tree-leaf", "tree-left", "tree-right", "tree-top"]
    assert names(lists, namePrefixFilter=tree, recursive=True) == everything
    assert names(lists, namePrefixFilter=tree, recursive=False) == ["tree-top"]
    assert names(lists, parentGroup="tree-top") == ["tree-left", "tree-right"]
    assert names(lists, parentGroup="tree-top", recursive=False) == ["tree-left", "tree-right"]
    assert names(lists, parentGroup="tree-top", recursive=True, maxResults=1) == everything[:3]
    assert names(lists, parentGroup="tree-top", recursive=True, namePrefixFilter="tree-le") == [
        "tree-leaf", "tree-left"]
    assert names(lists, parentGroup="tree-right") == []
    paginator = iot.get_paginator("list_thing_groups").paginate(
        namePrefixFilter=tree, PaginationConfig={"PageSize": 2})
    assert list(paginator.search("thingGroups[].groupName")) == everything
    assert refused(lists, parentGroup="tree-nowhere") == MISSING
    assert refused(lists, maxResults=251) == INVALID and refused(lists, nextToken="x") == INVALID


def test_who_is_in_which_group(iot, tree):
    things = {}
    for name in ("in-a", "in-b", "in-c"):
        things[name] = iot.create_thing(thingName=name)["thingArn"]
    leaf = iot.describe_thing_group(thingGroupName="tree-leaf")["thingGroupArn"]
    add, remove = iot.add_thing_to_thing_group, iot.remove_thing_from_thing_group
    add(thingGroupName="tree-leaf", thingName="in-a")
    add(thingGroupName="tree-leaf", thingName="in-a")
    add(thingGroupArn=leaf, thingArn=things["in-b"])
    add(thingGroupName="tree-right", thingArn=things["in-c"], thingName="in-c",
        overrideDynamicGroups=True)
    in_group = iot.list_things_in_thing_group
    assert entries(in_group, "things", thingGroupName="tree-leaf", maxResults=1) == ["in-a", "in-b"]
    assert in_group(thingGroupName="tree-top")["things"] == []
    assert entries(in_group, "things", thingGroupName="tree-top", recursive=True, maxResults=2) == [
        "in-a", "in-b", "in-c"]
    assert names(iot.list_thing_groups_for_thing, thingName="in-a", maxResults=1) == ["tree-leaf"]
    for other in ("tree-top", "tree-right"):
        assert refused(add, thingGroupName=other, thingName="in-a") == INVALID
        assert "tree of tree-top" in why(add, thingGroupName=other, thingName="in-a")
    remove(thingGroupName="tree-leaf", thingName="in-b")
    remove(thingGroupArn=leaf, thingArn=things["in-b"])
    assert in_group(thingGroupName="tree-leaf")["things"] == ["in-a"]
    iot.delete_thing(thingName="in-c")
    assert in_group(thingGroupName="tree-right")["things"] == []

    for operation in (add, remove):
        assert refused(operation, thingGroupName="tree-nowhere", thingName="in-a") == MISSING
        assert refused(operation, thingGroupName="tree-leaf", thingName="in-nowhere") == MISSING
        assert refused(operation, thingGroupName="tree-leaf") == INVALID
        assert refused(operation, thingName="in-a") == INVALID
        assert refused(operation, thingGroupName="tree-top", thingGroupArn=leaf,
                       thingName="in-a") == INVALID
        foreign = leaf.replace(":000000000001:", ":000000000002:")
        assert refused(operation, thingGroupArn=foreign, thingName="in-a") == INVALID
    assert refused(in_group, thingGroupName="tree-nowhere") == MISSING
    assert refused(iot.list_thing_groups_for_thing, thingName="in-nowhere") == MISSING


def test_the_groups_of_a_thing_at_once(iot, tree):
    iot.create_thing(thingName="moving")
    tops = [f"moving-{number:02}" for number in range(11)]
    for name in tops:
        iot.create_thing_group(thingGroupName=name)
    update, of_thing = iot.update_thing_groups_for_thing, iot.list_thing_groups_for_thing
    update(thingName="moving", thingGroupsToAdd=["tree-left"])
    assert refused(update, thingName="moving", thingGroupsToAdd=["tree-right"]) == INVALID
    update(thingName="moving", thingGroupsToAdd=["tree-right"], thingGroupsToRemove=["tree-left"])
    assert names(of_thing, thingName="moving") == ["tree-right"]
    assert refused(update, thingName="moving", thingGroupsToAdd=tops[:10]) == INVALID
    assert names(of_thing, thingName="moving") == ["tree-right"], "all of it or nothing"
    update(thingName="moving", thingGroupsToAdd=tops[:9])
    assert len(names(of_thing, thingName="moving", maxResults=4)) == 10
    assert refused(iot.add_thing_to_thing_group, thingName="moving", thingGroupName=tops[10]) == INVALID
    update(thingName="moving", thingGroupsToRemove=tops[:9] + ["tree-right"])
    assert names(of_thing, thingName="moving") == []
    for more in ({"thingGroupsToAdd": ["tree-nowhere"]}, {"thingGroupsToRemove": ["tree-nowhere"]}):
        assert refused(update, thingName="moving", **more) == MISSING
    assert refused(update, thingName="nowhere", thingGroupsToAdd=["tree-left"]) == MISSING
    assert refused(update, thingGroupsToAdd=["tree-left"]) == INVALID
    update(thingName="moving")


def test_policies_of_groups(iot):
    for name, parent in (("pol-top", None), ("pol-low", "pol-top")):
        more = {"parentGroupName": parent} if parent else {}
        iot.create_thing_group(thingGroupName=name, **more)
    arns = {name: iot.describe_thing_group(thingGroupName=name)["thingGroupArn"]
            for name in ("pol-top", "pol-low")}
    certificate = iot.create_keys_and_certificate(setAsActive=True)["certificateArn"]
    iot.create_thing(thingName="pol-thing")
    iot.attach_thing_principal(thingName="pol-thing", principal=certificate)
    iot.add_thing_to_thing_group(thingGroupName="pol-low", thingName="pol-thing")
    denies = policies.document(policies.deny("iot:Publish", policies.arn("topic/secret")))
    for name, document, target in [("pol-a", policies.EVERYTHING, arns["pol-top"]),
                                   ("pol-b", denies, arns["pol-low"]),
                                   ("pol-c", policies.only_topics("own/*"), certificate)]:
        iot.create_policy(policyName=name, policyDocument=document)
        iot.attach_policy(policyName=name, target=target)
        iot.attach_policy(policyName=name, target=target)

    def attached(target, **more):
        listed = entries(iot.list_attached_policies, "policies", target=target, pageSize=1, **more)
        return [one["policyName"] for one in listed]

    assert attached(arns["pol-low"]) == ["pol-b"]
    assert attached(arns["pol-low"], recursive=True) == ["pol-a", "pol-b"]
    assert attached(certificate, recursive=True) == ["pol-c"]
    iot.attach_policy(policyName="pol-a", target=certificate)
    targets = entries(iot.list_targets_for_policy, "targets", policyName="pol-a", pageSize=1)
    assert targets == [certificate, arns["pol-top"]]
    iot.detach_policy(policyName="pol-a", target=certificate)

    def effective(**asked):
        found = iot.get_effective_policies(**asked)["effectivePolicies"]
        assert all(one["policyDocument"] and one["policyArn"] for one in found)
        return [one["policyName"] for one in found]

    every = ["pol-a", "pol-b", "pol-c"]
    assert effective(principal=certificate, thingName="pol-thing") == every
    assert effective(principal=certificate) == every, "it has one thing"
    assert effective(principal=arns["pol-low"]) == every[:2]
    assert effective(thingName="pol-thing") == every[:2]
    assert effective(principal=arns["pol-top"]) == ["pol-a"]

    def decision(topic, principal=certificate, **more):
        resource = "arn:aws:iot:us-east-1:000000000001:topic/" + topic
        infos = [{"actionType": "PUBLISH", "resources": [resource]}]
        answer = iot.test_authorization(principal=principal, authInfos=infos, **more)
        return answer["authResults"][0]["authDecision"]

    assert decision("any", clientId="pol-thing") == "ALLOWED"
    assert decision("secret", clientId="pol-thing") == "EXPLICIT_DENY"
    assert decision("any", policyNamesToSkip=["pol-a"]) == "IMPLICIT_DENY"
    assert decision("secret", principal=arns["pol-top"]) == "ALLOWED"
    assert decision("secret", principal=arns["pol-low"]) == "EXPLICIT_DENY"

    assert refused(iot.delete_policy, policyName="pol-b") == ("DeleteConflictException", 409)
    nowhere = arns["pol-low"].replace("pol-low", "pol-nowhere")
    for operation, more in ((iot.attach_policy, {"policyName": "pol-b", "target": nowhere}),
                            (iot.list_attached_policies, {"target": nowhere}),
                            (iot.get_effective_policies, {"principal": nowhere})):
        assert refused(operation, **more) == MISSING
    iot.detach_policy(policyName="pol-b", target=arns["pol-low"])
    iot.detach_policy(policyName="pol-b", target=arns["pol-low"])
    iot.delete_policy(policyName="pol-b")
    iot.delete_thing_group(thingGroupName="pol-low")
    iot.delete_thing_group(thingGroupName="pol-top")
    assert effective(principal=certificate, thingName="pol-thing") == ["pol-c"]
    iot.delete_policy(policyName="pol-a")


def is_cut(client: Client, topic: str) -> None:
    """Within a second from now the client is cut for a publish that was allowed before."""
    changed = time.monotonic()
    while not client.cut.wait(0.02):
        client.send(topic)
        assert time.monotonic() - changed < SECOND, "still publishing"


def test_a_policy_of_the_group_lets_a_device_publish_until_it_leaves(server, iot, tmp_path):
    connects = policies.document(policies.allow("iot:Connect"))
    pump = device.register(server, tmp_path, connects, "group-pump")
    iot.create_policy(policyName="group-may", policyDocument=policies.document(
        policies.allow("iot:Publish", policies.arn("topic/pumps/${iot:ClientId}"))))
    for name, parent in (("pumps", None), ("pumps-north", "pumps")):
        more = {"parentGroupName": parent} if parent else {}
        arn = iot.create_thing_group(thingGroupName=name, **more)["thingGroupArn"]
    above = arn.replace("pumps-north", "pumps")
    topic = f"pumps/{pump.name}"
    add = lambda: iot.add_thing_to_thing_group(thingGroupName="pumps-north", thingName=pump.name)
    remove = lambda: iot.remove_thing_from_thing_group(thingGroupName="pumps-north",
                                                       thingName=pump.name)
    attach = lambda: iot.attach_policy(policyName="group-may", target=above)
    detach = lambda: iot.detach_policy(policyName="group-may", target=above)
    with Client(server, pump) as client:
        add()
        client.send(topic)
        assert client.seconds_to_cut() < SECOND, "the group has no policy yet"
    with Client(server, pump) as client:
        attach()
        client.publish(topic, "1")
        remove()
        is_cut(client, topic)
    with Client(server, pump) as client:
        add()
        client.publish(topic, "2")
        detach()
        is_cut(client, topic)
    with Client(server, pump) as client:
        attach()
        client.publish(topic, "3")
        iot.delete_thing_group(thingGroupName="pumps-north")
        is_cut(client, topic)
    iot.delete_thing_group(thingGroupName="pumps")


def test_a_group_that_denies_cuts_who_comes_into_it(server, iot, tmp_path):
    pump = device.register(server, tmp_path, policies.EVERYTHING, "group-blocked")
    arn = iot.create_thing_group(thingGroupName="blocked")["thingGroupArn"]
    iot.create_policy(policyName="group-block", policyDocument=policies.document(
        policies.deny("iot:Connect")))
    iot.attach_policy(policyName="group-block", target=arn)
    with Client(server, pump) as client:
        client.publish("x/y", "1")
        iot.add_thing_to_thing_group(thingGroupName="blocked", thingName=pump.name)
        assert client.seconds_to_cut() < SECOND
    with pytest.raises(Refused):
        Client(server, pump).connect()
    iot.remove_thing_from_thing_group(thingGroupName="blocked", thingName=pump.name)
    with Client(server, pump) as client:
        client.publish("x/y", "2")
