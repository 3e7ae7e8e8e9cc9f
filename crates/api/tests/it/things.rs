// SPDX-License-Identifier: Apache-2.0
//! Things are made, changed and deleted, with what they come in with.

use http::StatusCode;
use hw_identity::thing_credentials::DEVICE_POLICY;
use serde_json::{Value, json};

use crate::answer::{Answer, HTTP, ask, post, still_house};
use crate::house::{ACCOUNT, House};

const THINGS: &str = "/api/v1/things";

async fn made(router: &axum::Router, house: &House, name: &str) -> Value {
    let body = json!({ "name": name }).to_string();
    let made = post(router, &house.admin_key, THINGS, &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    made.json()
}

async fn credentials(router: &axum::Router, house: &House, name: &str, body: Value) -> Answer {
    let path = format!("{THINGS}/{name}/credentials");
    post(router, &house.admin_key, &path, &body.to_string()).await
}

#[tokio::test]
async fn made_changed_and_deleted_by_the_version_that_was_read() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let fleet = &house.deps.fleet;
    fleet
        .create_type(ACCOUNT, "pump", Default::default(), &[])
        .await
        .expect("a type");
    let body = r#"{"name":"pump-1","type":"pump","attributes":{"site":"north"}}"#;
    let answer = post(&router, &house.admin_key, THINGS, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let thing = answer.json();
    assert_eq!(
        (
            &thing["name"],
            &thing["type"],
            &thing["version"],
            &thing["connected"]
        ),
        (&json!("pump-1"), &json!("pump"), &json!(1), &json!(false))
    );
    let again = post(&router, &house.admin_key, THINGS, body).await;
    assert_eq!(
        (again.status, again.kind().as_str()),
        (StatusCode::CONFLICT, "conflict")
    );
    let path = format!("{THINGS}/pump-1");
    let change = |body: &'static str| ask(&router, &house.admin_key, "PATCH", &path, body);
    let changed = change(r#"{"version":1,"attributes":{"floor":"2"}}"#).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    assert_eq!(changed.json()["attributes"], json!({ "floor": "2" }));
    assert_eq!(changed.json()["type"], "pump", "what is left out stays");
    let stale = change(r#"{"version":1,"type":null}"#).await;
    assert_eq!(
        (stale.status, stale.kind().as_str()),
        (StatusCode::CONFLICT, "conflict")
    );
    assert!(stale.text.contains("version 2"), "{}", stale.text);
    let untyped = change(r#"{"version":2,"type":null}"#).await.json();
    assert_eq!(
        (&untyped["type"], &untyped["version"]),
        (&Value::Null, &json!(3))
    );
    let delete = |query: &'static str| {
        let path = format!("{path}?{query}");
        let (router, key) = (router.clone(), house.admin_key.clone());
        async move { ask(&router, &key, "DELETE", &path, "").await.status }
    };
    assert_eq!(delete("version=2").await, StatusCode::CONFLICT);
    assert_eq!(delete("").await, StatusCode::BAD_REQUEST);
    assert_eq!(delete("version=3").await, StatusCode::NO_CONTENT);
    assert_eq!(delete("version=3").await, StatusCode::NOT_FOUND);
    let events = house.events.take();
    let told: Vec<_> = events.iter().map(|event| event.cause.as_str()).collect();
    assert_eq!(
        told,
        [
            "thing pump-1 made",
            "thing pump-1 changed",
            "thing pump-1 changed",
            "thing pump-1 deleted"
        ]
    );
}

#[tokio::test]
async fn what_is_no_thing_is_refused() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    for (body, status) in [
        (r#"{"name":"a/b"}"#, StatusCode::BAD_REQUEST),
        (r#"{"name":""}"#, StatusCode::BAD_REQUEST),
        (r#"{"name":"a","type":"none"}"#, StatusCode::NOT_FOUND),
        (
            r#"{"name":"a","attributes":{"a":"b c"}}"#,
            StatusCode::BAD_REQUEST,
        ),
        (r#"{"name":"a","version":1}"#, StatusCode::BAD_REQUEST),
    ] {
        let answer = post(&router, &house.admin_key, THINGS, body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text);
    }
    let (path, body) = (format!("{THINGS}/none"), r#"{"version":1}"#);
    let unknown = ask(&router, &house.admin_key, "PATCH", &path, body).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_certificate_for_a_thing_with_the_device_policy() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    made(&router, &house, "pump-1").await;
    let answer = credentials(&router, &house, "pump-1", json!({"way": "certificate"})).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    let given = answer.json();
    assert_eq!(
        (&given["policy"], &given["password"]),
        (&json!(DEVICE_POLICY), &Value::Null)
    );
    assert_eq!(
        given["ca_pem"],
        json!(house.deps.authority.certificate_pem.as_str())
    );
    let certificate = &given["certificate"];
    for (field, begin) in [
        ("pem", "-----BEGIN CERTIFICATE-----"),
        ("private_key_pem", "-----BEGIN RSA PRIVATE KEY-----"),
        ("public_key_pem", "-----BEGIN PUBLIC KEY-----"),
    ] {
        let text = certificate[field].as_str().expect("text");
        assert!(text.starts_with(begin), "{field}");
    }
    let id = certificate["id"].as_str().expect("an id");
    let path = format!("/api/v1/certificates/{id}");
    let shown = ask(&router, &house.read_key, "GET", &path, "").await.json();
    assert_eq!(
        (&shown["status"], &shown["subject"]),
        (&json!("ACTIVE"), &json!("CN=pump-1"))
    );
    let path = format!("{THINGS}/pump-1/principals");
    let principals = ask(&router, &house.read_key, "GET", &path, "").await.json();
    let attached = &principals["certificates"][0];
    assert_eq!(
        (
            &attached["id"],
            &attached["exclusive"],
            &attached["policies"]
        ),
        (&json!(id), &json!(true), &json!([DEVICE_POLICY]))
    );
    let told = house.events.take();
    assert!(told.iter().all(|event| !event.cause.contains("PRIVATE")));
}

/// The subject that a request asks for would let its device publish as another thing.
#[tokio::test]
async fn a_signing_request_does_not_say_which_thing_it_is() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    made(&router, &house, "pump-1").await;
    let body = json!({"way": "certificate", "csr": include_str!("request.pem")});
    let answer = credentials(&router, &house, "pump-1", body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let certificate = &answer.json()["certificate"];
    assert!(certificate["private_key_pem"].is_null() && certificate["public_key_pem"].is_null());
    let id = certificate["id"].as_str().expect("an id");
    let path = format!("/api/v1/certificates/{id}");
    let shown = ask(&router, &house.read_key, "GET", &path, "").await.json();
    assert_eq!(shown["subject"], "CN=pump-1");
    let bad = json!({"way": "certificate", "csr": "none"});
    let bad = credentials(&router, &house, "pump-1", bad).await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    let both = json!({"way": "password", "csr": include_str!("request.pem")});
    let both = credentials(&router, &house, "pump-1", both).await;
    assert_eq!(both.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_password_for_a_thing_and_nothing_left_of_what_fails() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let (identity, way) = (&house.deps.identity, json!({"way": "password"}));
    made(&router, &house, "pump-1").await;
    let settings = Default::default();
    identity
        .create_mqtt_user(ACCOUNT, "pump-1", &settings, None)
        .await
        .expect("somebody else's");
    let taken = credentials(&router, &house, "pump-1", way.clone()).await;
    assert_eq!(
        (taken.status, taken.kind().as_str()),
        (StatusCode::CONFLICT, "conflict")
    );
    assert!(
        identity.policy(ACCOUNT, DEVICE_POLICY).await.is_err(),
        "the policy was made for it alone"
    );
    made(&router, &house, "pump-2").await;
    let given = credentials(&router, &house, "pump-2", way.clone())
        .await
        .json();
    assert_eq!(given["password"]["user_name"], "pump-2");
    assert!(
        given["certificate"].is_null()
            && given["password"]["password"].as_str().map(str::len) == Some(43)
    );
    let user = identity.mqtt_user(ACCOUNT, "pump-2").await.expect("made");
    assert_eq!(
        (user.policies, user.thing.as_deref()),
        (vec![DEVICE_POLICY.to_owned()], Some("pump-2"))
    );
    let unknown = json!({"way": "password", "policy": "none"});
    let unknown = credentials(&router, &house, "pump-2", unknown).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let nothing = credentials(&router, &house, "none", way).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_thing_goes_with_what_is_its_own_and_leaves_what_others_have() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let (identity, fleet) = (&house.deps.identity, &house.deps.fleet);
    for name in ["pump-1", "pump-2"] {
        made(&router, &house, name).await;
    }
    for way in ["certificate", "password"] {
        let answer = credentials(&router, &house, "pump-1", json!({ "way": way })).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    }
    let shared = identity
        .create_keys_and_certificate(ACCOUNT, &house.deps.authority, true)
        .await
        .expect("a certificate")
        .certificate
        .id;
    for name in ["pump-1", "pump-2"] {
        fleet
            .attach_principal(ACCOUNT, name, shared, Default::default())
            .await
            .expect("attached");
    }
    let path = |more: &str| format!("{THINGS}/pump-1?version=1{more}");
    let held = ask(&router, &house.admin_key, "DELETE", &path(""), "").await;
    assert_eq!(held.status, StatusCode::CONFLICT);
    assert!(
        held.text.contains("2 certificates and 1 MQTT user"),
        "{}",
        held.text
    );
    let path = path("&credentials=true");
    let gone = ask(&router, &house.admin_key, "DELETE", &path, "").await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text);
    assert!(fleet.thing(ACCOUNT, "pump-1").await.is_err());
    assert!(identity.mqtt_user(ACCOUNT, "pump-1").await.is_err());
    let path = "/api/v1/certificates";
    let left = ask(&router, &house.read_key, "GET", path, "").await.json();
    let left = left["certificates"].as_array().expect("a list");
    assert_eq!(left.len(), 1);
    assert_eq!(
        (&left[0]["id"], &left[0]["status"], &left[0]["things"]),
        (
            &json!(shared.to_string()),
            &json!("ACTIVE"),
            &json!(["pump-2"])
        )
    );
    identity
        .delete_policy(ACCOUNT, DEVICE_POLICY)
        .await
        .expect("nobody has it any more");
}

#[tokio::test]
async fn a_reader_reads_and_changes_nothing() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    made(&router, &house, "pump-1").await;
    for (method, path, body) in [
        ("POST", "/api/v1/things", r#"{"name":"a"}"#),
        ("PATCH", "/api/v1/things/pump-1", r#"{"version":1}"#),
        ("DELETE", "/api/v1/things/pump-1?version=1", ""),
        (
            "POST",
            "/api/v1/things/pump-1/credentials",
            r#"{"way":"password"}"#,
        ),
    ] {
        let answer = ask(&router, &house.read_key, method, path, body).await;
        assert_eq!(
            answer.status,
            StatusCode::FORBIDDEN,
            "{method} {path}: {}",
            answer.text
        );
    }
    let path = "/api/v1/things/pump-1";
    let thing = ask(&router, &house.read_key, "GET", path, "").await.json();
    assert_eq!(
        (&thing["version"], &thing["connected"], &thing["clients"]),
        (&json!(1), &json!(false), &json!([]))
    );
}
