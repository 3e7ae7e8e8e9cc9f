# SPDX-License-Identifier: Apache-2.0
"""TestAuthorization and GetEffectivePolicies by boto3."""

import pytest

from harness import policies
from harness.aws_errors import refused, why

MISSING = ("ResourceNotFoundException", 404)
INVALID = ("InvalidRequestException", 400)
ARN = "arn:aws:iot:us-east-1:000000000001:"


@pytest.fixture(scope="module")
def iot(server):
    return server.keys.client("iot")


@pytest.fixture(scope="module")
def meter(iot):
    """The ARN of a certificate that is attached to a thing of its policies' name."""
    arn = iot.create_keys_and_certificate(setAsActive=True)["certificateArn"]
    own = policies.document(
        policies.allow("iot:Connect", ARN + "client/${iot:Connection.Thing.ThingName}"),
        policies.allow("iot:Publish", ARN + "topic/meters/${iot:ClientId}/*"),
        policies.allow("iot:Subscribe", ARN + "topicfilter/commands/#"),
        policies.allow("iot:Receive", ARN + "topic/commands/*"),
    )
    no_secrets = policies.document(policies.deny("iot:*", ARN + "topic/meters/*/secret"))
    iot.create_policy(policyName="auth-own", policyDocument=own)
    iot.create_policy(policyName="auth-no-secrets", policyDocument=no_secrets)
    iot.create_policy(policyName="auth-wide", policyDocument=policies.EVERYTHING)
    iot.create_thing(thingName="auth-meter")
    iot.attach_thing_principal(thingName="auth-meter", principal=arn)
    for name in ("auth-own", "auth-no-secrets"):
        iot.attach_policy(policyName=name, target=arn)
    return arn


def ask(iot, principal, *questions, client="auth-meter", **more):
    """(decision, allowing, denying, silent policies, missing values) of each question."""
    infos = [{"actionType": action, "resources": [ARN + r for r in resources]}
             for action, *resources in questions]
    if client:
        more["clientId"] = client
    answers = iot.test_authorization(principal=principal, authInfos=infos, **more)["authResults"]

    def names(holder):
        assert all(one["policyArn"].endswith(one["policyName"]) for one in holder["policies"])
        return [one["policyName"] for one in holder["policies"]]

    assert [one["authInfo"] for one in answers] == infos
    return [(one["authDecision"], names(one["allowed"]), names(one["denied"]["explicitDeny"]),
             names(one["denied"]["implicitDeny"]), one["missingContextValues"])
            for one in answers]


def test_decisions_and_their_policies(iot, meter):
    assert ask(
        iot, meter, ("CONNECT", "client/auth-meter"), ("PUBLISH", "topic/meters/auth-meter/flow"),
        ("PUBLISH", "topic/meters/auth-meter/secret"), ("PUBLISH", "topic/meters/other/flow"),
        ("SUBSCRIBE", "topicfilter/commands/#"), ("RECEIVE", "topic/commands/x"),
    ) == [
        ("ALLOWED", ["auth-own"], [], ["auth-no-secrets"], []),
        ("ALLOWED", ["auth-own"], [], ["auth-no-secrets"], []),
        ("EXPLICIT_DENY", ["auth-own"], ["auth-no-secrets"], [], []),
        ("IMPLICIT_DENY", [], [], ["auth-no-secrets", "auth-own"], []),
        ("ALLOWED", ["auth-own"], [], ["auth-no-secrets"], []),
        ("ALLOWED", ["auth-own"], [], ["auth-no-secrets"], []),
    ]


def test_several_resources_stand_and_fall_together(iot, meter):
    flow, level = "topic/meters/auth-meter/flow", "topic/meters/auth-meter/level"
    for resources, wanted in [((flow, level), "ALLOWED"), ((flow, "topic/x"), "IMPLICIT_DENY"),
                              ((flow, "topic/meters/auth-meter/secret"), "EXPLICIT_DENY")]:
        assert ask(iot, meter, ("PUBLISH", *resources))[0][0] == wanted


def test_what_nobody_said_is_named(iot, meter):
    connect, publish = ask(iot, meter, ("CONNECT", "client/auth-meter"),
                           ("PUBLISH", "topic/meters/auth-meter/flow"), client=None)
    assert connect[0] == "IMPLICIT_DENY" and publish[0] == "IMPLICIT_DENY"
    assert connect[4] == ["iot:Connection.Thing.ThingName"] and publish[4] == ["iot:ClientId"]


def test_policies_are_added_and_skipped(iot, meter):
    question = ("PUBLISH", "topic/elsewhere")
    assert ask(iot, meter, question)[0][0] == "IMPLICIT_DENY"
    added = ask(iot, meter, question, policyNamesToAdd=["auth-wide", "auth-own"])[0]
    assert added[:2] == ("ALLOWED", ["auth-wide"])
    secret = ("PUBLISH", "topic/meters/auth-meter/secret")
    assert ask(iot, meter, secret, policyNamesToSkip=["auth-no-secrets"])[0][0] == "ALLOWED"
    everything = ["auth-own", "auth-no-secrets"]
    assert ask(iot, meter, question, policyNamesToSkip=everything)[0] == (
        "IMPLICIT_DENY", [], [], [], [])
    alone = iot.test_authorization(
        authInfos=[{"actionType": "PUBLISH", "resources": [ARN + "topic/x"]}],
        policyNamesToAdd=["auth-wide"])
    assert alone["authResults"][0]["authDecision"] == "ALLOWED"


def test_questions_that_are_refused(iot, meter):
    good = [{"actionType": "PUBLISH", "resources": [ARN + "topic/x"]}]
    for field in ("policyNamesToAdd", "policyNamesToSkip"):
        assert refused(iot.test_authorization, principal=meter, authInfos=good,
                       **{field: ["nowhere"]}) == MISSING
    nobody = meter[:-64] + "0" * 64
    assert refused(iot.test_authorization, principal=nobody, authInfos=good) == MISSING
    for infos in ([{"actionType": "FLY", "resources": ["x"]}],
                  [{"actionType": "PUBLISH", "resources": []}],
                  [{"actionType": "PUBLISH", "resources": ["x" * 2049]}],
                  [{"resources": ["x"]}]):
        assert refused(iot.test_authorization, principal=meter, authInfos=infos) == INVALID
    cognito = "us-east-1:01234567-89ab-cdef-0123-456789abcdef"
    assert "Cognito" in why(iot.test_authorization, principal=cognito, authInfos=good)
    assert "Cognito" in why(iot.test_authorization, cognitoIdentityPoolId="us-east-1:pool",
                            authInfos=good)


def test_effective_policies(iot, meter):
    found = iot.get_effective_policies(principal=meter, thingName="auth-meter")["effectivePolicies"]
    assert [one["policyName"] for one in found] == ["auth-no-secrets", "auth-own"]
    for one in found:
        policy = iot.get_policy(policyName=one["policyName"])
        assert one["policyDocument"] == policy["policyDocument"]
        assert one["policyArn"] == policy["policyArn"]
    assert iot.get_effective_policies(thingName="auth-meter")["effectivePolicies"] == []
    assert refused(iot.get_effective_policies, principal=meter[:-64] + "0" * 64) == MISSING
    assert refused(iot.get_effective_policies, principal=meter, thingName="nowhere") == MISSING
    assert refused(iot.get_effective_policies, cognitoIdentityPoolId="us-east-1:pool") == INVALID
