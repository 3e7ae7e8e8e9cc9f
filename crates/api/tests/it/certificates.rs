// SPDX-License-Identifier: Apache-2.0
//! Certificates: listed, registered, changed, attached, deleted.

use axum::Router;
use http::StatusCode;
use hw_model::AccountId;
use serde_json::{Value, json};

use crate::answer::{Answer, HTTP, ask, still_house};
use crate::house::{ACCOUNT, House};

const CERTIFICATES: &str = "/api/v1/certificates";
const NOTHING: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Deny","Action":"iot:*","Resource":"*"}]}"#;

struct Asking {
    house: House,
    router: Router,
}

impl Asking {
    async fn new() -> Self {
        let (house, _) = still_house().await;
        let router = hw_api::router(house.deps.clone(), HTTP);
        Self { house, router }
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let path = format!("{CERTIFICATES}{path}");
        ask(&self.router, &self.house.admin_key, method, &path, body).await
    }

    /// A certificate, active.
    async fn made(&self) -> String {
        let deps = &self.house.deps;
        let made = deps
            .identity
            .create_keys_and_certificate(ACCOUNT, &deps.authority, true)
            .await;
        made.expect("a certificate").certificate.id.to_string()
    }

    async fn status(&self, id: &str, status: &str) -> Answer {
        let body = json!({ "status": status }).to_string();
        self.ask("PATCH", &format!("/{id}"), &body).await
    }
}

#[tokio::test]
async fn registered_without_its_ca_or_signed_by_ours() {
    let at = Asking::new().await;
    let deps = &at.house.deps;
    let elsewhere = AccountId::MAX;
    deps.identity
        .ensure_account(elsewhere, "other")
        .await
        .expect("an account");
    let pem = deps
        .identity
        .create_keys_and_certificate(elsewhere, &deps.authority, true)
        .await
        .expect("a certificate")
        .certificate
        .pem;
    let body = json!({"pem": pem, "active": false}).to_string();
    let registered = at.ask("POST", "", &body).await;
    assert_eq!(
        registered.status,
        StatusCode::CREATED,
        "{}",
        registered.text
    );
    let registered = registered.json();
    assert_eq!(
        (
            &registered["status"],
            &registered["mode"],
            &registered["pem"]
        ),
        (&json!("INACTIVE"), &json!("SNI_ONLY"), &json!(pem))
    );
    assert_eq!(registered["issuer"], "O=Headwater, CN=Headwater CA");
    assert_eq!(registered["ca_id"], Value::Null);
    let again = at.ask("POST", "", &body).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let body = json!({"csr": include_str!("request.pem")}).to_string();
    let signed = at.ask("POST", "", &body).await.json();
    assert_eq!(
        (&signed["status"], &signed["mode"], &signed["subject"]),
        (&json!("ACTIVE"), &json!("DEFAULT"), &json!("CN=pump-2"))
    );
    for body in [
        "{}",
        r#"{"pem":"x","csr":"y"}"#,
        r#"{"pem":"x"}"#,
        r#"{"csr":"y"}"#,
    ] {
        let answer = at.ask("POST", "", body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
}

#[tokio::test]
async fn pages_and_a_search() {
    let at = Asking::new().await;
    let (fleet, mut ids) = (&at.house.deps.fleet, Vec::new());
    for n in 0..5 {
        let (id, name) = (at.made().await, format!("Pump_{n}"));
        fleet
            .create_thing(ACCOUNT, &name, Default::default())
            .await
            .expect("a thing");
        let of = id.parse().expect("an id");
        fleet
            .attach_principal(ACCOUNT, &name, of, Default::default())
            .await
            .expect("attached");
        ids.push(id);
    }
    // Of the same moment they are listed by id, the greatest first.
    ids.sort_by(|one, other| other.cmp(one));
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let page = at.ask("GET", &format!("?limit=2{after}"), "").await.json();
        let page_ids = page["certificates"].as_array().expect("a list");
        found.extend(page_ids.iter().map(|one| one["id"].clone()));
        let Some(next) = page["next"].as_str() else {
            break;
        };
        after = format!("&after={next}");
    }
    assert_eq!(json!(found), json!(ids));
    for (word, count) in [("ump_3", 1), ("PUMP", 5), ("ump%", 0), ("pumpx3", 0)] {
        let path = format!("?search={}", word.replace('%', "%25"));
        let page = at.ask("GET", &path, "").await.json();
        let page = page["certificates"].as_array().expect("a list");
        assert_eq!(page.len(), count, "{word}");
    }
    let part = &ids[0][10..30];
    let page = at.ask("GET", &format!("?search={part}"), "").await.json();
    assert_eq!(page["certificates"][0]["id"], ids[0].as_str());
    assert_eq!(
        page["certificates"][0]["things"].as_array().map(Vec::len),
        Some(1)
    );
    for bad in ["?after=x", "?after=1", "?limit=0", "?limit=1001", "?x=1"] {
        let answer = at.ask("GET", bad, "").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn a_status_and_what_holds_a_certificate() {
    let at = Asking::new().await;
    let identity = &at.house.deps.identity;
    let id = at.made().await;
    let path = format!("/{id}");
    identity
        .create_policy(ACCOUNT, "p", NOTHING)
        .await
        .expect("a policy");
    let policy = format!("{path}/policies/p");
    for _ in 0..2 {
        let done = at.ask("PUT", &policy, "").await;
        assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text);
    }
    let active = at.ask("DELETE", &format!("{path}?force=true"), "").await;
    assert_eq!(
        (active.status, active.kind().as_str()),
        (StatusCode::CONFLICT, "conflict")
    );
    let inactive = at.status(&id, "INACTIVE").await.json();
    assert_eq!(
        (&inactive["status"], &inactive["policies"]),
        (&json!("INACTIVE"), &json!(["p"]))
    );
    let held = at.ask("DELETE", &path, "").await;
    assert_eq!(held.status, StatusCode::CONFLICT);
    assert!(
        held.text.contains("policy p") && held.text.contains("force=true"),
        "{}",
        held.text
    );
    let forced = at.ask("DELETE", &format!("{path}?force=true"), "").await;
    assert_eq!(forced.status, StatusCode::NO_CONTENT, "{}", forced.text);
    assert_eq!(at.ask("GET", &path, "").await.status, StatusCode::NOT_FOUND);
    identity
        .delete_policy(ACCOUNT, "p")
        .await
        .expect("nobody has it any more");
    let revoked = at.made().await;
    at.status(&revoked, "REVOKED").await;
    let for_good = at.status(&revoked, "ACTIVE").await;
    assert_eq!(for_good.status, StatusCode::CONFLICT, "{}", for_good.text);
    let unknown = at.status(&revoked, "PENDING_TRANSFER").await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    let plain = at.ask("DELETE", &format!("/{revoked}"), "").await;
    assert_eq!(plain.status, StatusCode::NO_CONTENT, "{}", plain.text);
    let bad = at.ask("GET", "/abc", "").await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn things_and_whether_they_are_its_only_one() {
    let at = Asking::new().await;
    let (fleet, id) = (&at.house.deps.fleet, at.made().await);
    for name in ["a", "b"] {
        fleet
            .create_thing(ACCOUNT, name, Default::default())
            .await
            .expect("a thing");
    }
    let put = |path: &'static str| {
        let path = format!("/{id}/things/{path}");
        let at = &at;
        async move { at.ask("PUT", &path, "").await }
    };
    assert_eq!(put("a?exclusive=true").await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        put("b").await.status,
        StatusCode::BAD_REQUEST,
        "it is a's alone"
    );
    assert_eq!(put("a").await.status, StatusCode::NO_CONTENT);
    assert_eq!(put("b").await.status, StatusCode::BAD_REQUEST, "still");
    assert_eq!(
        put("a?exclusive=false").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(put("b").await.status, StatusCode::NO_CONTENT);
    assert_eq!(put("c").await.status, StatusCode::NOT_FOUND);
    let shown = at.ask("GET", &format!("/{id}"), "").await.json();
    assert_eq!(shown["things"], json!(["a", "b"]));
    for name in ["a", "b", "b"] {
        let path = format!("/{id}/things/{name}");
        let gone = at.ask("DELETE", &path, "").await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
    }
    let nobody = "ab".repeat(32);
    for path in ["policies/p", "things/a"] {
        for method in ["PUT", "DELETE"] {
            let answer = at.ask(method, &format!("/{nobody}/{path}"), "").await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
        }
    }
}
