# SPDX-License-Identifier: Apache-2.0
"""Connections that are there when a policy or certificate changes follow within a second."""

import time

import pytest

from harness import policies
from harness.aws_errors import refused
from harness.mqtt import Client, Refused

SECOND = 1.0


@pytest.fixture(scope="module")
def iot(server):
    return server.keys.client("iot")


def cut_while_publishing(client: Client, topic: str) -> None:
    """The client is cut for a publish that was allowed before, within a second from now."""
    changed = time.monotonic()
    while not client.cut.wait(0.02):
        client.send(topic)
        assert time.monotonic() - changed < SECOND, "still publishing"


def reaching(out: Client, heard: Client) -> list[bytes]:
    """What comes to `heard` of a message on mixed/x: all that stands before a later one which it may
    have."""
    out.publish("mixed/x", "after")
    out.publish("allowed/x", "marker")
    return list(iter(lambda: heard.receive().payload, b"marker"))


def test_another_default_version(server, iot, register):
    sender = register()
    narrow = policies.only_topics("allowed/*")
    made = iot.create_policy_version(policyName=sender.policy, policyDocument=narrow)
    with Client(server, sender) as client:
        client.publish("anything/x", "1")
        assert not client.cut.is_set(), "a version that does not count changes nothing"
        iot.set_default_policy_version(policyName=sender.policy,
                                       policyVersionId=made["policyVersionId"])
        cut_while_publishing(client, "anything/x")
    with Client(server, sender) as client:
        client.publish("allowed/x", "1")
        iot.set_default_policy_version(policyName=sender.policy, policyVersionId="1")
        until = time.monotonic() + SECOND
        client.publish("anything/x", "2")
        assert time.monotonic() < until
        iot.delete_policy_version(policyName=sender.policy, policyVersionId="2")
        client.publish("anything/x", "3")
        assert not client.cut.is_set(), "a version that did not count is gone, and nobody minds"


def narrowed(topics: str, received: str) -> str:
    """Connect and publish as one likes; subscribe to some topics, receive some."""
    return policies.document(
        policies.allow(["iot:Connect", "iot:Publish"]),
        policies.allow("iot:Subscribe", policies.arn(f"topicfilter/{topics}")),
        policies.allow("iot:Receive", policies.arn(f"topic/{received}")))


def test_a_new_version_as_default_narrows_what_is_received(server, iot, register):
    sender, receiver = register(), register()
    with Client(server, sender) as out, Client(server, receiver) as heard:
        assert heard.subscribe("mixed/#", "allowed/#") == [1, 1]
        assert reaching(out, heard) == [b"after"]
        iot.create_policy_version(policyName=receiver.policy, setAsDefault=True,
                                  policyDocument=narrowed("*", "allowed/*"))
        deadline = time.monotonic() + SECOND
        while reaching(out, heard):
            assert time.monotonic() < deadline, "still received"
        assert reaching(out, heard) == [] and not heard.cut.is_set()


def test_a_new_version_as_default_ends_who_may_not_subscribe_so(server, iot, register):
    sender, receiver = register(), register()
    with Client(server, sender) as out, Client(server, receiver) as heard:
        assert heard.subscribe("mixed/#", "allowed/#") == [1, 1]
        assert reaching(out, heard) == [b"after"]
        iot.create_policy_version(policyName=receiver.policy, setAsDefault=True,
                                  policyDocument=narrowed("allowed/*", "*"))
        assert heard.seconds_to_cut() < SECOND
        out.publish("mixed/x", "too late")
        assert heard.messages.empty()


def test_a_certificate_that_is_deleted(server, iot, register):
    sender = register()
    with Client(server, sender) as client:
        client.publish("x/y", "1")
        assert refused(iot.delete_certificate, certificateId=sender.certificate_id,
                       forceDelete=True) == ("CertificateStateException", 406)
        iot.detach_thing_principal(thingName=sender.name, principal=sender.arn)
        client.publish("x/y", "2")
        iot.update_certificate(certificateId=sender.certificate_id, newStatus="INACTIVE")
        assert client.seconds_to_cut() < SECOND
        iot.delete_certificate(certificateId=sender.certificate_id, forceDelete=True)
    with pytest.raises(Refused):
        Client(server, sender).connect()
    assert iot.list_targets_for_policy(policyName=sender.policy)["targets"] == []
    iot.delete_policy(policyName=sender.policy)


def test_an_attribute_that_a_policy_asks_for(server, iot, register):
    sender = register(policies.document(
        policies.allow("iot:Connect"),
        policies.allow("iot:Publish",
                       policies.arn("topic/${iot:Connection.Thing.Attributes[site]}/x"))))
    iot.update_thing(thingName=sender.name, attributePayload={"attributes": {"site": "north"}})
    with Client(server, sender) as client:
        client.publish("north/x", "1")
        iot.update_thing(thingName=sender.name, attributePayload={"attributes": {"site": "south"}})
        client.publish("south/x", "2")
        client.send("north/x")
        assert client.seconds_to_cut() < SECOND
