// SPDX-License-Identifier: Apache-2.0
//! One account's keys see and change nothing of another's, whichever operation they are used for.

use serde_json::json;

use crate::{Ask, House, house};

const POLICY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}"#;

fn ask<'a>(method: &'a str, path: &'a str) -> Ask<'a> {
    Ask {
        method,
        path,
        ..Ask::default()
    }
}

const AUTHORIZER: &str = r#"{"authorizerFunctionArn":"https://example.org/",
    "signingDisabled":true,"status":"ACTIVE"}"#;

/// What our account has: the certificate's id and ARN.
async fn furnish(house: &House) -> (String, String) {
    let made = house
        .send(
            &house.ours,
            ask("POST", "/keys-and-certificate?setAsActive=true"),
        )
        .await;
    let id = made.body["certificateId"]
        .as_str()
        .expect("an id")
        .to_owned();
    let arn = made.body["certificateArn"]
        .as_str()
        .expect("an ARN")
        .to_owned();
    let document = json!({"policyDocument": POLICY}).to_string();
    let target = json!({"target": arn}).to_string();
    for (method, path, header, body) in [
        ("POST", "/things/meter", None, ""),
        ("POST", "/policies/secret", None, document.as_str()),
        ("POST", "/authorizer/guard", None, AUTHORIZER),
        (
            "POST",
            "/default-authorizer",
            None,
            r#"{"authorizerName":"guard"}"#,
        ),
        ("PUT", "/target-policies/secret", None, target.as_str()),
        (
            "PUT",
            "/things/meter/principals",
            Some(("x-amzn-principal", arn.as_str())),
            "",
        ),
    ] {
        let ask = Ask {
            method,
            path,
            header,
            body,
        };
        let answer = house.send(&house.ours, ask).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
    }
    (id, arn)
}

#[tokio::test]
async fn every_operation_answers_as_if_the_others_things_were_not_there() {
    let house = house().await;
    let (id, arn) = furnish(&house).await;
    // The same certificate as an ARN of the account that asks.
    let own_arn = arn.replace("000000000001", "999999999999");
    let question = json!({"principal": own_arn,
        "authInfos": [{"actionType": "PUBLISH", "resources": ["arn:aws:iot:r:1:topic/x"]}]});
    let added = json!({"policyNamesToAdd": ["secret"],
        "authInfos": [{"actionType": "PUBLISH", "resources": ["arn:aws:iot:r:1:topic/x"]}]});
    let effective = json!({"principal": own_arn});
    let target = json!({"target": own_arn});
    let document = json!({"policyDocument": POLICY});
    let certificate = format!("/certificates/{id}");
    let status = format!("{certificate}?newStatus=INACTIVE");
    let force = format!("{certificate}?forceDelete=true");
    let attached = format!(
        "/attached-policies/{}",
        own_arn.replace(':', "%3A").replace('/', "%2F")
    );
    let things = Some(("x-amzn-principal", own_arn.as_str()));
    let principal = Some(("x-amzn-iot-principal", own_arn.as_str()));
    let policy = Some(("x-amzn-iot-policy", "secret"));
    let table = [
        ("GET", "/things/meter", None, json!({})),
        ("PATCH", "/things/meter", None, json!({})),
        ("GET", "/things/meter/principals", None, json!({})),
        ("GET", "/things/meter/principals-v2", None, json!({})),
        ("PUT", "/things/meter/principals", things, json!({})),
        ("DELETE", "/things/meter/principals", things, json!({})),
        ("GET", "/principals/things", things, json!({})),
        ("GET", "/principals/things-v2", things, json!({})),
        ("GET", &certificate, None, json!({})),
        ("PUT", &status, None, json!({})),
        ("DELETE", &force, None, json!({})),
        ("GET", "/policies/secret", None, json!({})),
        ("DELETE", "/policies/secret", None, json!({})),
        ("POST", "/policies/secret/version", None, document),
        ("GET", "/policies/secret/version", None, json!({})),
        ("GET", "/policies/secret/version/1", None, json!({})),
        ("PATCH", "/policies/secret/version/1", None, json!({})),
        ("DELETE", "/policies/secret/version/1", None, json!({})),
        ("POST", "/policy-targets/secret", None, json!({})),
        ("PUT", "/target-policies/secret", None, target.clone()),
        ("POST", "/target-policies/secret", None, target),
        ("POST", &attached, None, json!({})),
        ("GET", "/principal-policies", principal, json!({})),
        ("PUT", "/principal-policies/secret", principal, json!({})),
        ("DELETE", "/principal-policies/secret", principal, json!({})),
        ("GET", "/policy-principals", policy, json!({})),
        ("POST", "/test-authorization", None, question),
        ("POST", "/test-authorization", None, added),
        ("POST", "/effective-policies", None, effective),
        ("GET", "/authorizer/guard", None, json!({})),
        (
            "PUT",
            "/authorizer/guard",
            None,
            json!({"status": "INACTIVE"}),
        ),
        (
            "POST",
            "/authorizer/guard/test",
            None,
            json!({"token": "x"}),
        ),
        ("DELETE", "/authorizer/guard", None, json!({})),
        ("GET", "/default-authorizer", None, json!({})),
        ("DELETE", "/default-authorizer", None, json!({})),
        (
            "POST",
            "/default-authorizer",
            None,
            json!({"authorizerName": "guard"}),
        ),
        (
            "POST",
            "/effective-policies?thingName=meter",
            None,
            json!({}),
        ),
    ];
    for (method, path, header, body) in &table {
        let body = body.to_string();
        let ask = Ask {
            method,
            path,
            header: *header,
            body: &body,
        };
        let answer = house.send(&house.theirs, ask).await;
        assert_eq!(answer.status, 404, "{method} {path}: {answer:?}");
        assert_eq!(
            answer.error.as_deref(),
            Some("ResourceNotFoundException"),
            "{path}"
        );
        assert!(!answer.text.contains("000000000001"), "{path}: {answer:?}");
        // With the other account's own ARN it is no better.
        if let Some((name, _)) = header.filter(|(name, _)| *name != "x-amzn-iot-policy") {
            let ask = Ask {
                header: Some((name, &arn)),
                ..ask
            };
            assert_eq!(house.send(&house.theirs, ask).await.status, 400, "{path}");
        }
    }
    for (path, key) in [
        ("/things", "things"),
        ("/certificates", "certificates"),
        ("/policies", "policies"),
        ("/authorizers/", "authorizers"),
    ] {
        let answer = house.send(&house.theirs, ask("GET", path)).await;
        assert_eq!(answer.body, json!({ key: [] }), "{path}");
    }
    still_ours(&house, &id).await;
}

/// Nothing that the other account tried has left a mark.
async fn still_ours(house: &House, id: &str) {
    // A thing that is not there is deleted already; ours stays.
    let gone = house
        .send(&house.theirs, ask("DELETE", "/things/meter"))
        .await;
    assert_eq!(gone.status, 200);
    let thing = house.send(&house.ours, ask("GET", "/things/meter")).await;
    assert_eq!(thing.body["version"], 1);
    let path = format!("/certificates/{id}");
    let certificate = house.send(&house.ours, ask("GET", &path)).await;
    assert_eq!(
        certificate.body["certificateDescription"]["status"],
        "ACTIVE"
    );
    let versions = house
        .send(&house.ours, ask("GET", "/policies/secret/version"))
        .await;
    assert_eq!(
        versions.body["policyVersions"].as_array().map(Vec::len),
        Some(1)
    );
    let targets = house
        .send(&house.ours, ask("POST", "/policy-targets/secret"))
        .await;
    assert_eq!(targets.body["targets"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_page_of_one_account_continues_in_that_account_alone() {
    let house = house().await;
    for key in [&house.ours, &house.theirs] {
        for name in ["a", "b", "c"] {
            let path = format!("/things/{}-{name}", key.access_key_id);
            assert_eq!(house.send(key, ask("POST", &path)).await.status, 200);
        }
    }
    let page = house
        .send(&house.ours, ask("GET", "/things?maxResults=1"))
        .await;
    let token = page.body["nextToken"]
        .as_str()
        .expect("a token")
        .replace('=', "%3D");
    let path = format!("/things?nextToken={}", token.replace('+', "%2B"));
    let theirs = house.send(&house.theirs, ask("GET", &path)).await;
    assert_eq!(theirs.status, 200);
    assert!(
        !theirs.text.contains(&house.ours.access_key_id),
        "{theirs:?}"
    );
}
