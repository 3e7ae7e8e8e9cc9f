# SPDX-License-Identifier: Apache-2.0
"""The AWS CLI, with nothing but what `keys create` printed."""

import json

from harness import policies
from harness.aws_cli import aws


def test_a_policy_and_its_versions(server):
    keys = server.keys
    made = aws(keys, "iot", "create-policy", "--policy-name", "cli",
               "--policy-document", policies.EVERYTHING)
    assert made["policyVersionId"] == "1"
    aws(keys, "iot", "create-policy-version", "--policy-name", "cli", "--set-as-default",
        "--policy-document", policies.document(policies.deny("iot:*")))
    versions = aws(keys, "iot", "list-policy-versions", "--policy-name", "cli")["policyVersions"]
    assert [one["versionId"] for one in versions] == ["2", "1"]
    names = aws(keys, "iot", "list-policies", "--page-size", "1")["policies"]
    assert "cli" in [one["policyName"] for one in names]
    aws(keys, "iot", "delete-policy-version", "--policy-name", "cli", "--policy-version-id", "1")
    aws(keys, "iot", "delete-policy", "--policy-name", "cli")


def test_a_certificate_and_a_question(server):
    keys = server.keys
    made = aws(keys, "iot", "create-keys-and-certificate", "--set-as-active")
    aws(keys, "iot", "create-policy", "--policy-name", "cli-question",
        "--policy-document", policies.EVERYTHING)
    aws(keys, "iot", "attach-policy", "--policy-name", "cli-question",
        "--target", made["certificateArn"])
    question = json.dumps([{"actionType": "PUBLISH", "resources": ["arn:aws:iot:r:1:topic/x"]}])
    answer = aws(keys, "iot", "test-authorization", "--principal", made["certificateArn"],
                 "--auth-infos", question)
    assert answer["authResults"][0]["authDecision"] == "ALLOWED"
    listed = aws(keys, "iot", "list-certificates", "--page-size", "2")["certificates"]
    assert made["certificateId"] in [one["certificateId"] for one in listed]
    aws(keys, "iot", "update-certificate", "--certificate-id", made["certificateId"],
        "--new-status", "INACTIVE")
    aws(keys, "iot", "delete-certificate", "--certificate-id", made["certificateId"],
        "--force-delete")


def test_a_thing(server):
    keys = server.keys
    aws(keys, "iot", "create-thing", "--thing-name", "cli-thing")
    aws(keys, "iot", "update-thing", "--thing-name", "cli-thing",
        "--attribute-payload", '{"attributes":{"a":"1"},"merge":true}')
    assert aws(keys, "iot", "describe-thing", "--thing-name", "cli-thing")["attributes"] == {
        "a": "1"}
    assert aws(keys, "iot", "list-thing-principals", "--thing-name", "cli-thing") == {
        "principals": []}
