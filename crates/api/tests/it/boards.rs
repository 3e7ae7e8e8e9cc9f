// SPDX-License-Identifier: Apache-2.0
//! Dashboards, saved queries, thing types and groups.

use http::StatusCode;
use serde_json::{Value, json};

use crate::answer::{Answer, HTTP, ask, still_house};
use crate::house::House;

async fn request(house: &House, method: &str, path: &str, body: &Value) -> Answer {
    let router = hw_api::router(house.deps.clone(), HTTP);
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    ask(&router, &house.admin_key, method, path, &body).await
}

fn board() -> Value {
    json!({"id": "water", "title": "Water", "widgets": [
        {"kind": "line", "x": 0, "y": 2, "w": 12, "h": 4, "metrics": ["flow"]},
        {"kind": "value", "x": 0, "y": 0, "w": 4, "h": 2, "metrics": ["flow"], "unit": "l/min"},
    ]})
}

#[tokio::test]
async fn what_is_read_can_be_sent_as_it_is() {
    let (house, _) = still_house().await;
    let made = request(&house, "POST", "/api/v1/dashboards", &board()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let read = request(&house, "GET", "/api/v1/dashboards/water", &Value::Null)
        .await
        .json();
    assert_eq!(
        read["widgets"][0]["kind"], "value",
        "in the order of their places"
    );
    let again = request(&house, "PUT", "/api/v1/dashboards/water", &read).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text);
    assert_eq!(again.json()["version"], 2);
    let mut same = again.json();
    same["version"] = read["version"].clone();
    assert_eq!(same, read, "nothing but the version has changed");
}

#[tokio::test]
async fn an_older_version_is_a_conflict() {
    let (house, _) = still_house().await;
    for (path, new) in [
        ("/api/v1/dashboards", board()),
        (
            "/api/v1/queries",
            json!({"id": "water", "title": "W", "sql": "select 1"}),
        ),
    ] {
        request(&house, "POST", path, &new).await;
        let one = format!("{path}/water");
        let read = request(&house, "GET", &one, &Value::Null).await.json();
        request(&house, "PUT", &one, &read).await;
        let stale = request(&house, "PUT", &one, &read).await;
        assert_eq!(
            (stale.status, stale.kind().as_str()),
            (StatusCode::CONFLICT, "conflict")
        );
        let twice = request(&house, "POST", path, &new).await;
        assert_eq!(twice.status, StatusCode::CONFLICT);
        let gone = request(&house, "DELETE", &format!("{one}?version=2"), &Value::Null).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
        let missing = request(&house, "GET", &one, &Value::Null).await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn what_does_not_fit_is_said() {
    let (house, _) = still_house().await;
    for (change, words) in [
        (
            json!({"widgets": [{"kind": "line", "x": 9, "y": 0, "w": 4, "h": 1}]}),
            "does not fit",
        ),
        (json!({"span": "soon"}), "`span`"),
        (json!({"id": "No Id"}), "an id is"),
        (json!({"title": ""}), "a title has"),
        (json!({"colour": "red"}), "colour"),
    ] {
        let mut body = board();
        for (name, value) in change.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let refused = request(&house, "POST", "/api/v1/dashboards", &body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
        assert!(refused.text.contains(words), "{}", refused.text);
    }
    let other = request(&house, "PUT", "/api/v1/dashboards/another", &board()).await;
    assert!(other.text.contains("keeps its id"), "{}", other.text);
}

#[tokio::test]
async fn types_and_groups_for_people() {
    let (house, _) = still_house().await;
    let made = request(&house, "POST", "/api/v1/types", &json!({"name": "meter"})).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let said = json!({"description": "counts water", "searchable_attributes": ["place"]});
    let changed = request(&house, "PUT", "/api/v1/types/meter", &said)
        .await
        .json();
    assert_eq!(changed["description"], "counts water");
    let first = request(&house, "DELETE", "/api/v1/types/meter", &Value::Null).await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "deprecated first");
    let listed = request(&house, "GET", "/api/v1/types", &Value::Null)
        .await
        .json();
    assert!(listed["types"][0]["deprecated"].is_string());

    request(&house, "POST", "/api/v1/things", &json!({"name": "m1"})).await;
    for body in [
        json!({"name": "north"}),
        json!({"name": "hall", "parent": "north"}),
    ] {
        let made = request(&house, "POST", "/api/v1/groups", &body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    }
    let inside = request(&house, "PUT", "/api/v1/groups/hall/things/m1", &Value::Null).await;
    assert_eq!(inside.status, StatusCode::NO_CONTENT, "{}", inside.text);
    let thing = request(&house, "GET", "/api/v1/things/m1", &Value::Null)
        .await
        .json();
    assert_eq!(thing["groups"], json!(["hall"]));
    let found = request(&house, "GET", "/api/v1/things?group=north", &Value::Null)
        .await
        .json();
    assert_eq!(found["things"][0]["name"], "m1", "in the group below it");
    let document = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"iot:Connect","Resource":"*"}]}"#;
    let policy = json!({"name": "halls", "document": document});
    let made = request(&house, "POST", "/api/v1/policies", &policy).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let attached = "/api/v1/groups/hall/policies/halls";
    for (method, policies) in [("PUT", json!(["halls"])), ("DELETE", json!([]))] {
        let done = request(&house, method, attached, &Value::Null).await;
        assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text);
        let group = request(&house, "GET", "/api/v1/groups/hall", &Value::Null).await;
        assert_eq!(group.json()["policies"], policies);
    }
    let nowhere = "/api/v1/groups/cellar/policies/halls";
    for method in ["PUT", "DELETE"] {
        let none = request(&house, method, nowhere, &Value::Null).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND, "{}", none.text);
    }
    let stale = json!({"version": 7, "description": "x"});
    let stale = request(&house, "PUT", "/api/v1/groups/north", &stale).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let out = request(
        &house,
        "DELETE",
        "/api/v1/groups/hall/things/m1",
        &Value::Null,
    )
    .await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_type_is_changed_by_the_version_that_was_read() {
    let (house, _) = still_house().await;
    let path = "/api/v1/types";
    let made = request(&house, "POST", path, &json!({"name": "meter"})).await;
    assert_eq!(made.json()["version"], 1, "{}", made.text);
    let one = format!("{path}/meter");
    let change = json!({"version": 1, "description": "first"});
    let changed = request(&house, "PUT", &one, &change).await;
    assert_eq!(changed.json()["version"], 2, "{}", changed.text);
    let stale = request(&house, "PUT", &one, &change).await;
    assert_eq!(
        (stale.status, stale.kind().as_str()),
        (StatusCode::CONFLICT, "conflict")
    );
    let whichever = request(&house, "PUT", &one, &json!({"description": "last"})).await;
    assert_eq!(whichever.json()["version"], 3, "{}", whichever.text);
}
