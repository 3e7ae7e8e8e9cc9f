// SPDX-License-Identifier: Apache-2.0
//! What policies say of somebody, asked without a connection.

use http::StatusCode;
use hw_identity::thing_credentials::DEVICE_POLICY;
use serde_json::{Value, json};

use crate::answer::{HTTP, ask, post, still_house};
use crate::house::{ACCOUNT, House};

const PATH: &str = "/api/v1/authorizations";

async fn decisions(router: &axum::Router, house: &House, asking: Value) -> Vec<Value> {
    let answer = post(router, &house.read_key, PATH, &asking.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()["results"].as_array().expect("a list").clone()
}

fn words(results: &[Value]) -> Vec<&str> {
    let decisions = results.iter();
    decisions
        .map(|one| one["decision"].as_str().expect("a word"))
        .collect()
}

fn actions() -> Value {
    json!([
        {"action": "iot:Connect", "topic": "pump-1"},
        {"action": "iot:Publish", "topic": "devices/pump-1/telemetry"},
        {"action": "iot:Subscribe", "topic": "devices/pump-1/#"},
        {"action": "iot:Publish", "topic": "devices/pump-2/telemetry"},
    ])
}

#[tokio::test]
async fn each_of_a_thing_is_asked_for_itself() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    post(
        &router,
        &house.admin_key,
        "/api/v1/things",
        r#"{"name":"pump-1"}"#,
    )
    .await;
    let nothing = json!({"thing": "pump-1", "actions": actions()});
    assert!(decisions(&router, &house, nothing.clone()).await.is_empty());
    for way in ["certificate", "password"] {
        let body = json!({ "way": way }).to_string();
        let path = "/api/v1/things/pump-1/credentials";
        let made = post(&router, &house.admin_key, path, &body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    }
    let results = decisions(&router, &house, nothing).await;
    let once = ["allowed", "allowed", "allowed", "implicit_deny"];
    assert_eq!(words(&results), [once, once].concat());
    assert_eq!(results[0]["principal"]["kind"], "certificate");
    assert_eq!(
        results[4]["principal"],
        json!({"kind": "mqtt_user", "id": "pump-1"})
    );
    assert_eq!(
        (&results[1]["allowed_by"], &results[3]["silent"]),
        (&json!([DEVICE_POLICY]), &json!([DEVICE_POLICY]))
    );
    // A certificate alone publishes by HTTPS, and connects as it says.
    let id = results[0]["principal"]["id"].clone();
    let https = json!({"certificate": id, "actions": actions()});
    let https = decisions(&router, &house, https).await;
    assert_eq!(
        words(&https),
        ["allowed", "allowed", "implicit_deny", "implicit_deny"]
    );
    let missing = https[2]["missing"].as_array().expect("a list");
    assert!(missing.contains(&json!("iot:Connection.Thing.ThingName")));
    let user = json!({"mqtt_user": "pump-1", "client_id": "other", "actions": actions()});
    let user = decisions(&router, &house, user).await;
    assert_eq!(
        words(&user),
        ["allowed", "implicit_deny", "implicit_deny", "implicit_deny"]
    );
}

#[tokio::test]
async fn a_deny_is_named() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let identity = &house.deps.identity;
    let document = |effect: &str| {
        let statement = json!({"Effect": effect, "Action": "iot:Publish", "Resource": "*"});
        json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
    };
    let made = identity
        .create_keys_and_certificate(ACCOUNT, &house.deps.authority, false)
        .await;
    let id = made.expect("a certificate").certificate.id;
    for (name, effect) in [("yes", "Allow"), ("no", "Deny")] {
        let made = identity
            .create_policy(ACCOUNT, name, &document(effect))
            .await;
        made.expect("a policy");
        identity
            .attach_policy(ACCOUNT, name, id)
            .await
            .expect("attached");
    }
    let actions = json!([{"action": "iot:Publish", "topic": "a"}]);
    let asking = json!({"certificate": id.to_string(), "client_id": "c", "actions": actions});
    let results = decisions(&router, &house, asking).await;
    assert_eq!(words(&results), ["explicit_deny"]);
    assert_eq!(
        (&results[0]["allowed_by"], &results[0]["denied_by"]),
        (&json!(["yes"]), &json!(["no"]))
    );
}

#[tokio::test]
async fn questions_that_are_none() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let one = json!([{"action": "iot:Publish", "topic": "a"}]);
    let many: Vec<Value> = (0..11).map(|_| one[0].clone()).collect();
    for (asking, status) in [
        (json!({ "actions": one }), StatusCode::BAD_REQUEST),
        (
            json!({"thing": "a", "mqtt_user": "a", "actions": one}),
            StatusCode::BAD_REQUEST,
        ),
        (
            json!({"mqtt_user": "a", "actions": []}),
            StatusCode::BAD_REQUEST,
        ),
        (
            json!({"mqtt_user": "a", "actions": many}),
            StatusCode::BAD_REQUEST,
        ),
        (
            json!({"certificate": "a", "actions": one}),
            StatusCode::BAD_REQUEST,
        ),
        (
            json!({"certificate": "ab".repeat(32), "actions": one}),
            StatusCode::NOT_FOUND,
        ),
        (
            json!({"mqtt_user": "a", "actions": one}),
            StatusCode::NOT_FOUND,
        ),
        (json!({"thing": "a", "actions": one}), StatusCode::NOT_FOUND),
    ] {
        let body = asking.to_string();
        let answer = ask(&router, &house.read_key, "POST", PATH, &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
    }
}
