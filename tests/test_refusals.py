# SPDX-License-Identifier: Apache-2.0
"""Who is not let in, or not any more: cut within a second, with the cause in `events`."""

import subprocess
import time

import pytest

from harness import device, mosquitto, policies, sql
from harness.mqtt import Client, Refused

SECOND = 1.0


def test_a_publish_to_a_denied_topic_is_cut(server, register):
    sender = register(policies.only_topics("allowed/*"))
    with Client(server, sender) as client:
        client.publish("allowed/here", "1")
        client.send("forbidden/here")
        assert client.seconds_to_cut() < SECOND
    seen = sql.event(server, f"kind = 'publish' and client_id = '{sender.name}'")
    assert seen["outcome"] == "refused" and seen["topic"] == "forbidden/here" and seen["cause"]
    assert seen["principal"] == sender.certificate_id
    assert sql.count(server, "select count(*) from messages where topic = 'forbidden/here'") == 0


def test_an_explicit_deny_wins(server, register):
    sender = register(policies.document(
        policies.allow("iot:*"), policies.deny("iot:Publish", policies.arn("topic/secret/*"))))
    with Client(server, sender) as client:
        client.publish("open/x", "1")
        client.send("secret/x")
        assert client.seconds_to_cut() < SECOND


def test_an_unknown_certificate_is_refused(server, tmp_path):
    nobody = device.stranger(server, tmp_path)
    refused = mosquitto.publish(server, nobody, "a", b"1", check=False)
    assert refused.returncode != 0
    with pytest.raises(Refused):
        Client(server, nobody).connect()
    seen = sql.event(server, "kind = 'connect' and cause = 'certificate unknown'")
    assert seen["outcome"] == "refused"


def test_no_certificate_is_refused(server, register):
    _, port = server.address("mqtts")
    refused = subprocess.run(
        ["mosquitto_pub", "-h", "localhost", "-p", str(port), "--cafile", register().ca,
         "-t", "a", "-m", "1", "-q", "1"], capture_output=True, timeout=20)
    assert refused.returncode != 0


def test_a_certificate_set_inactive_is_cut_and_stays_out(server, register):
    sender = register()
    iot = server.keys.client("iot")
    with Client(server, sender) as client:
        client.publish("x/y", "1")
        iot.update_certificate(certificateId=sender.certificate_id, newStatus="INACTIVE")
        assert client.seconds_to_cut() < SECOND
    with pytest.raises(Refused):
        Client(server, sender).connect()
    seen = sql.event(server, "kind = 'connect' and outcome = 'refused' and "
                             f"principal = '{sender.certificate_id}'")
    assert seen["cause"] == "certificate INACTIVE"
    iot.update_certificate(certificateId=sender.certificate_id, newStatus="ACTIVE")
    with Client(server, sender) as client:
        client.publish("x/y", "2")


def test_a_policy_taken_away_cuts_the_next_publish(server, register):
    sender = register()
    with Client(server, sender) as client:
        client.publish("x/y", "1")
        server.keys.client("iot").detach_policy(policyName=sender.policy, target=sender.arn)
        changed = time.monotonic()
        while not client.cut.wait(0.02):
            client.send("x/y")
            assert time.monotonic() - changed < SECOND, "still publishing"
    with pytest.raises(Refused):
        Client(server, sender).connect()


def test_a_policy_added_takes_effect_on_a_live_connection(server, register):
    sender = register(policies.only_topics("first/*"))
    iot = server.keys.client("iot")
    with Client(server, sender) as client:
        iot.create_policy(policyName=f"{sender.name}-more",
                          policyDocument=policies.only_topics("second/*"))
        iot.attach_policy(policyName=f"{sender.name}-more", target=sender.arn)
        time.sleep(SECOND)
        client.publish("second/x", "1")
        assert not client.cut.is_set()


def test_receive_is_checked_at_every_delivery(server, register):
    sender, reader = register(), register(policies.document(
        policies.allow("iot:Connect"), policies.allow("iot:Subscribe"),
        policies.allow("iot:Receive", policies.arn("topic/mail/*")),
        policies.deny("iot:Receive", policies.arn("topic/mail/secret"))))
    with Client(server, sender) as out, Client(server, reader) as client:
        assert client.subscribe("mail/#") == [1]
        out.publish("mail/secret", "no")
        out.publish("mail/open", "yes")
        assert client.receive().topic == "mail/open"
        server.keys.client("iot").detach_policy(policyName=reader.policy, target=reader.arn)
        changed = time.monotonic()
        while time.monotonic() - changed < SECOND:
            out.publish("mail/open", "late")
        while not client.messages.empty():
            client.messages.get()
        out.publish("mail/open", "too late")
        time.sleep(0.2)
        assert client.messages.empty()


@pytest.mark.parametrize("v5", [False, True], ids=["3.1.1", "5"])
def test_a_denied_subscription_is_answered_and_the_connection_stays(server, register, v5):
    reader = register(policies.only_topics("mine"))
    with Client(server, reader, v5=v5) as client:
        assert client.subscribe("mine", "yours", "#") == [1, 0x80, 0x80]
        client.publish("mine", "still here")
        assert client.receive().payload == b"still here"
    seen = sql.event(server, f"kind = 'subscribe' and client_id = '{reader.name}'")
    assert seen["outcome"] == "refused" and seen["cause"]


def test_connecting_as_somebody_else_is_refused(server, register):
    name = "only-me"
    me = register(policies.document(
        policies.allow("iot:Connect", policies.arn("client/${iot:Connection.Thing.ThingName}"))), name)
    with Client(server, me):
        pass
    with pytest.raises(Refused):
        Client(server, me, client_id="somebody-else").connect()
    seen = sql.event(server, "kind = 'connect' and client_id = 'somebody-else'")
    assert seen["outcome"] == "refused"
