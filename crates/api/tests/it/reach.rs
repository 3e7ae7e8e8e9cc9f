// SPDX-License-Identifier: Apache-2.0
//! Where the server is reached, what its certificates are, and what SQL finds.

use serde_json::{Value, json};

use crate::answer::{HTTP, ask, still_house};

#[tokio::test]
async fn the_best_host_first_and_the_ports_that_are_open() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let path = "/api/v1/reach";
    let reach = ask(&router, &house.read_key, "GET", path, "").await.json();
    assert_eq!(
        reach["hosts"],
        json!([
            {"name": "iot.example", "covered": true, "why": "public_host", "public": false},
            {"name": "localhost", "covered": true, "why": "certificate", "public": false},
        ])
    );
    assert_eq!(
        reach["ports"],
        json!({"mqtts": 8883, "https": null, "mqtt": null, "http": 8080, "postgres": null})
    );
    assert_eq!(
        (
            &reach["loopback_only"]["mqtts"],
            &reach["loopback_only"]["http"]
        ),
        (&json!(false), &json!(true))
    );
    assert_eq!(
        (&reach["account"], &reach["region"]),
        (&json!("000000000001"), &json!("eu-central-1"))
    );
    let pem = reach["ca_pem"].as_str().expect("text");
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
}

#[tokio::test]
async fn the_ca_and_the_servers_own_certificate() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let path = "/api/v1/authorities";
    let answer = ask(&router, &house.read_key, "GET", path, "").await.json();
    let (ca, server) = (&answer["authorities"][0], &answer["authorities"][1]);
    assert_eq!(
        (&ca["kind"], &ca["subject"], &ca["warning"]),
        (
            &json!("ca"),
            &json!("O=Headwater, CN=Headwater CA"),
            &Value::Null
        )
    );
    assert_eq!(
        (&server["kind"], &server["names"], &server["days_left"]),
        (
            &json!("server"),
            &json!(["iot.example", "localhost"]),
            &json!(396)
        )
    );
    for one in [ca, server] {
        assert_eq!(one["sha256"].as_str().map(str::len), Some(64));
        let pem = one["pem"].as_str().expect("text");
        assert_eq!(pem.matches("BEGIN CERTIFICATE").count(), 1);
        assert!(!pem.contains("PRIVATE"));
    }
}

#[tokio::test]
async fn devices_that_end_soon_and_no_public_certificate() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let path = "/api/v1/authorities";
    let answer = ask(&router, &house.read_key, "GET", path, "").await.json();
    assert_eq!(answer["authorities"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        answer["devices_ending"],
        json!({"ended": 0, "within_7_days": 0, "within_30_days": 0, "within_90_days": 3})
    );
}

#[tokio::test]
async fn the_ca_for_everybody() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let trust = ask(&router, "", "GET", "/api/v1/trust", "").await.json();
    let path = "/api/v1/authorities";
    let known = ask(&router, &house.read_key, "GET", path, "").await.json();
    assert_eq!(trust["sha256"], known["authorities"][0]["sha256"]);
    // The door https is closed in this house: no phone finds the page.
    assert_eq!(trust["pages"], json!([]));
    let pem = ask(&router, "", "GET", "/api/v1/trust/ca.pem", "").await;
    assert_eq!(pem.text, known["authorities"][0]["pem"]);
    let profile = ask(&router, "", "GET", "/api/v1/trust/ca.mobileconfig", "").await;
    assert!(profile.text.contains("com.apple.security.root"));
}

#[tokio::test]
async fn tables_and_their_columns() {
    let (house, _) = still_house().await;
    let router = hw_api::router(house.deps.clone(), HTTP);
    let path = "/api/v1/tables";
    let answer = ask(&router, &house.read_key, "GET", path, "").await.json();
    let table = &answer["tables"][0];
    assert_eq!(table["name"], "telemetry");
    assert_eq!(
        table["columns"][3],
        json!({"name": "value", "type": "double precision", "about": null})
    );
}
