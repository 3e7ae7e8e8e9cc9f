// SPDX-License-Identifier: Apache-2.0
//! Another account's types, groups and tags are not there, whichever operation asks for them.

use serde_json::{Value, json};

use crate::{Answer, Ask, House, house};

const POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}"#;

impl House {
    async fn ask(&self, ours: bool, method: &str, path: &str, body: &Value) -> Answer {
        let key = if ours { &self.ours } else { &self.theirs };
        let body = body.to_string();
        let ask = Ask {
            method,
            path,
            header: None,
            body: &body,
        };
        self.send(key, ask).await
    }
}

/// An ARN of that account; a path that names it.
fn group(account: &str) -> (String, String) {
    let arn = format!("arn:aws:iot:eu-west-1:{account}:thinggroup/plant");
    let escaped = arn.replace(':', "%3A").replace('/', "%2F");
    (arn, escaped)
}

/// A thing of a type in a group below another, which has a policy and a tag.
async fn furnish(house: &House) {
    let (arn, _) = group("000000000001");
    for (method, path, body) in [
        ("POST", "/thing-types/meter", json!({})),
        ("POST", "/things/m1", json!({"thingTypeName": "meter"})),
        (
            "POST",
            "/thing-groups/plant",
            json!({"tags": [{"Key": "site", "Value": "north"}]}),
        ),
        (
            "POST",
            "/thing-groups/hall",
            json!({"parentGroupName": "plant"}),
        ),
        (
            "PUT",
            "/thing-groups/addThingToThingGroup",
            json!({"thingName": "m1", "thingGroupName": "hall"}),
        ),
        (
            "POST",
            "/policies/secret",
            json!({"policyDocument": POLICY}),
        ),
        ("PUT", "/target-policies/secret", json!({"target": arn})),
    ] {
        let answer = house.ask(true, method, path, &body).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
    }
}

/// What finds nothing of ours, asked for by who has things, but no such group or type.
fn questions() -> Vec<(&'static str, String, Value)> {
    let (arn, escaped) = group("999999999999");
    let membership = json!({"thingName": "x1", "thingGroupName": "plant"});
    let question = json!({"principal": arn,
        "authInfos": [{"actionType": "PUBLISH", "resources": ["arn:aws:iot:r:1:topic/x"]}]});
    let table = [
        ("GET", "/thing-types/meter", json!({})),
        ("PATCH", "/thing-types/meter", json!({})),
        ("POST", "/thing-types/meter/deprecate", json!({})),
        ("DELETE", "/thing-types/meter", json!({})),
        ("POST", "/things/x2", json!({"thingTypeName": "meter"})),
        ("PATCH", "/things/x1", json!({"thingTypeName": "meter"})),
        ("GET", "/thing-groups/plant", json!({})),
        (
            "PATCH",
            "/thing-groups/plant",
            json!({"thingGroupProperties": {}}),
        ),
        ("GET", "/thing-groups/hall/things", json!({})),
        ("GET", "/thing-groups?parentGroup=plant", json!({})),
        (
            "POST",
            "/thing-groups/x",
            json!({"parentGroupName": "plant"}),
        ),
        ("GET", "/things/m1/thing-groups", json!({})),
        (
            "PUT",
            "/thing-groups/addThingToThingGroup",
            membership.clone(),
        ),
        ("PUT", "/thing-groups/removeThingFromThingGroup", membership),
        (
            "PUT",
            "/thing-groups/updateThingGroupsForThing",
            json!({"thingName": "x1", "thingGroupsToAdd": ["plant"]}),
        ),
        (
            "POST",
            "/tags",
            json!({"resourceArn": arn, "tags": [{"Key": "a", "Value": "b"}]}),
        ),
        (
            "POST",
            "/untag",
            json!({"resourceArn": arn, "tagKeys": ["site"]}),
        ),
        ("PUT", "/target-policies/own", json!({"target": arn})),
        ("POST", "/effective-policies", json!({"principal": arn})),
        ("POST", "/test-authorization", question),
    ];
    let owned = |(method, path, body): (&'static str, &str, Value)| (method, path.to_owned(), body);
    let mut all: Vec<_> = table.into_iter().map(owned).collect();
    all.push(("POST", format!("/attached-policies/{escaped}"), json!({})));
    all.push(("GET", format!("/tags?resourceArn={escaped}"), json!({})));
    all
}

#[tokio::test]
async fn every_operation_answers_as_if_they_were_not_there() {
    let house = house().await;
    furnish(&house).await;
    let own = house.ask(false, "POST", "/things/x1", &json!({})).await;
    assert_eq!(own.status, 200);
    let document = json!({"policyDocument": POLICY});
    let own = house.ask(false, "POST", "/policies/own", &document).await;
    assert_eq!(own.status, 200);
    for (method, path, body) in questions() {
        let answer = house.ask(false, method, &path, &body).await;
        let error = answer.error.as_deref();
        assert_eq!(error, Some("ResourceNotFoundException"), "{method} {path}");
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
        assert!(!answer.text.contains("000000000001"), "{path}: {answer:?}");
    }
    for (path, key) in [
        ("/thing-types", "thingTypes"),
        ("/thing-groups", "thingGroups"),
        ("/thing-types?thingTypeName=meter", "thingTypes"),
    ] {
        let answer = house.ask(false, "GET", path, &json!({})).await;
        assert_eq!(answer.body, json!({ key: [] }), "{path}");
    }
    // A group that is not there is deleted already; ours stays, with all that is in it.
    let path = "/thing-groups/hall";
    let gone = house.ask(false, "DELETE", path, &json!({})).await;
    assert_eq!(gone.status, 200);
    let (_, escaped) = group("000000000001");
    for (path, wanted) in [
        (
            "/thing-groups/hall/things".to_owned(),
            json!({"things": ["m1"]}),
        ),
        (
            format!("/tags?resourceArn={escaped}"),
            json!({"tags": [{"Key": "site", "Value": "north"}]}),
        ),
    ] {
        let answer = house.ask(true, "GET", &path, &json!({})).await;
        assert_eq!(answer.body, wanted, "{path}");
    }
}

#[tokio::test]
async fn another_accounts_arn_is_none_to_name() {
    let house = house().await;
    furnish(&house).await;
    let (arn, escaped) = group("000000000001");
    let tags = json!({"resourceArn": arn, "tags": [{"Key": "a", "Value": "b"}]});
    let policies = format!("/attached-policies/{escaped}");
    let membership = json!({"thingName": "x1", "thingGroupArn": arn});
    for (method, path, body) in [
        ("POST", "/tags", tags),
        ("POST", policies.as_str(), json!({})),
        ("POST", "/effective-policies", json!({"principal": arn})),
        ("PUT", "/target-policies/own", json!({"target": arn})),
        ("PUT", "/thing-groups/addThingToThingGroup", membership),
    ] {
        let answer = house.ask(false, method, path, &body).await;
        let error = answer.error.as_deref();
        assert_eq!(error, Some("InvalidRequestException"), "{path}: {answer:?}");
    }
}
