// SPDX-License-Identifier: Apache-2.0
//! Policies and their versions, changed by the version that was read.

use http::StatusCode;
use serde_json::{Value, json};

use crate::answer::{Answer, HTTP, ask, still_house};
use crate::house::ACCOUNT;

const POLICIES: &str = "/api/v1/policies";

fn document(topic: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "iot:Publish",
        "Resource": format!("arn:aws:iot:*:*:topic/{topic}"),
    }]})
}

#[tokio::test]
async fn versions_come_and_the_oldest_goes() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let key = house.admin_key.as_str();
    let body = json!({"name": "p", "document": document("t1")}).to_string();
    let made = ask(&router, key, "POST", POLICIES, &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let made = made.json();
    assert_eq!(
        (&made["version"], &made["document"], &made["targets"]),
        (&json!(1), &document("t1"), &json!([]))
    );
    let again = ask(&router, key, "POST", POLICIES, &body).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let path = format!("{POLICIES}/p");
    let replace = |version: i64, topic: &str| {
        let body = json!({"version": version, "document": document(topic)}).to_string();
        let (router, path) = (router.clone(), path.clone());
        async move { ask(&router, key, "PUT", &path, &body).await }
    };
    for version in 1..=6 {
        let answer = replace(version, &format!("t{}", version + 1)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.json()["version"], version + 1);
    }
    let stale = replace(3, "t").await;
    assert_eq!(
        (stale.status, stale.kind().as_str()),
        (StatusCode::CONFLICT, "conflict")
    );
    assert!(stale.text.contains("version 7"), "{}", stale.text);
    let shown = ask(&router, &house.read_key, "GET", &path, "").await.json();
    let versions = shown["versions"].as_array().expect("a list").iter();
    let versions: Vec<_> = versions
        .map(|one| (one["version"].as_i64(), one["default"] == true))
        .collect();
    let expected = [7, 6, 5, 4, 3].map(|version| (Some(version), version == 7));
    assert_eq!(versions, expected);
    // One that is older than all others counts again, and stays when the oldest goes.
    let body = r#"{"version":3}"#;
    let back = ask(&router, key, "PUT", &format!("{path}/default"), body).await;
    assert_eq!(
        (&back.json()["version"], &back.json()["document"]),
        (&json!(3), &document("t3"))
    );
    assert_eq!(replace(3, "t8").await.json()["version"], 8);
    let old = ask(&router, key, "GET", &format!("{path}/versions/3"), "").await;
    assert_eq!(old.json()["document"], document("t3"));
    let gone = ask(&router, key, "GET", &format!("{path}/versions/4"), "").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    let deleted = ask(&router, key, "DELETE", &path, "").await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.text);
    let gone = ask(&router, key, "GET", &path, "").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn listed_with_whom_they_are_attached_to() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let (key, identity) = (house.admin_key.as_str(), &house.deps.identity);
    let text = document("t").to_string();
    for name in ["a", "b", "c"] {
        let made = identity.create_policy(ACCOUNT, name, &text).await;
        made.expect("a policy");
    }
    let made = identity
        .create_keys_and_certificate(ACCOUNT, &house.deps.authority, true)
        .await;
    let id = made.expect("a certificate").certificate.id;
    identity
        .attach_policy(ACCOUNT, "b", id)
        .await
        .expect("attached");
    let settings = hw_identity::mqtt_users::MqttUserSettings {
        policies: vec!["b".to_owned()],
        thing: None,
    };
    identity
        .create_mqtt_user(ACCOUNT, "pump", &settings, None)
        .await
        .expect("a user");
    let first = format!("{POLICIES}?limit=2");
    let first = ask(&router, &house.read_key, "GET", &first, "")
        .await
        .json();
    let of = |page: &Value| -> Vec<(String, i64)> {
        let policies = page["policies"].as_array().expect("a list").iter();
        let pair = |one: &Value| {
            let name = one["name"].as_str().expect("a name").to_owned();
            (name, one["targets"].as_i64().expect("a number"))
        };
        policies.map(pair).collect()
    };
    assert_eq!(of(&first), [("a".to_owned(), 0), ("b".to_owned(), 2)]);
    let next = first["next"].as_str().expect("more");
    let last = ask(&router, key, "GET", &format!("{POLICIES}?after={next}"), "").await;
    assert_eq!(of(&last.json()), [("c".to_owned(), 0)]);
    assert!(last.json()["next"].is_null());
    let path = format!("{POLICIES}/b");
    let shown = ask(&router, key, "GET", &path, "").await.json();
    assert_eq!(
        shown["targets"],
        json!([{"kind": "certificate", "id": id.to_string()}, {"kind": "mqtt_user", "id": "pump"}])
    );
    assert_eq!(shown["target_count"], 2);
    let held = ask(&router, key, "DELETE", &path, "").await;
    assert_eq!(
        (held.status, held.kind().as_str()),
        (StatusCode::CONFLICT, "conflict")
    );
}

#[tokio::test]
async fn a_document_is_checked_while_it_is_written() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let path = "/api/v1/policy-check";
    let text = document("t").to_string();
    let cut = &text[..text.len() - 1];
    let twice = r#"{"document":{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"iot:*","Resource":"*","Effect":"Deny"}]}}"#;
    for (body, problem) in [
        (json!({ "document": document("t") }).to_string(), None),
        (json!({ "document": text }).to_string(), None),
        (
            json!({ "document": cut }).to_string(),
            Some("not valid JSON"),
        ),
        (json!({ "document": {} }).to_string(), Some("Statement")),
        (json!({ "document": null }).to_string(), Some("object")),
        (twice.to_owned(), Some("twice")),
    ] {
        let answer = ask(&router, &house.read_key, "POST", path, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let answer = answer.json();
        assert_eq!(answer["valid"], problem.is_none(), "{body}");
        let message = answer["problems"][0]["message"].as_str();
        match problem {
            None => assert_eq!(message, None),
            Some(words) => assert!(message.is_some_and(|it| it.contains(words)), "{answer}"),
        }
    }
    let bad = json!({"name": "p", "document": {}}).to_string();
    let bad: Answer = ask(&router, &house.admin_key, "POST", POLICIES, &bad).await;
    assert_eq!(
        (bad.status, bad.kind().as_str()),
        (StatusCode::BAD_REQUEST, "invalid")
    );
}

#[tokio::test]
async fn a_policy_may_have_any_name_that_aws_lets_it() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    for name in ["check", "default", "versions"] {
        let body = json!({"name": name, "document": document("t")}).to_string();
        let made = ask(&router, &house.admin_key, "POST", POLICIES, &body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let path = format!("{POLICIES}/{name}");
        let shown = ask(&router, &house.read_key, "GET", &path, "").await;
        assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
        assert_eq!(shown.json()["name"], *name);
    }
}
