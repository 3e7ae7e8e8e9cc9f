// SPDX-License-Identifier: Apache-2.0
//! Whose events a refused signature becomes, and that presigned URLs reach their own account.

use axum::body::Body;
use http::Request;
use hw_model::AccountId;
use hw_sigv4::{Credentials, presign};

use crate::{Ask, HOST, House, credentials, house};

fn url(house: &House, with: &Credentials<'_>, path: &str, expires_s: u32, age_s: i64) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let plain = hw_sigv4::Request {
        method: "GET",
        path,
        query,
        headers: &[("host", HOST)],
        body: b"",
    };
    let query = presign(&plain, with, house.now() - age_s, expires_s);
    format!("{path}?{query}")
}

fn get(uri: &str) -> Request<Body> {
    let request = Request::builder().uri(uri).header("host", HOST);
    request.body(Body::empty()).expect("a request")
}

#[tokio::test]
async fn a_presigned_url_is_of_its_keys_account() {
    let house = house().await;
    let made = Ask {
        method: "POST",
        path: "/things/meter",
        ..Ask::default()
    };
    assert_eq!(house.send(&house.ours, made).await.status, 200);
    for (key, wanted) in [(&house.ours, 200), (&house.theirs, 404)] {
        let url = url(&house, &credentials(key), "/things/meter", 60, 0);
        assert_eq!(house.raw(get(&url)).await.status, wanted);
    }
    assert!(
        house.events.0.lock().is_empty(),
        "what is proved is no event"
    );
}

#[tokio::test]
async fn refused_signatures_are_events_of_the_keys_account_or_the_first() {
    let house = house().await;
    let their_key = &house.theirs.access_key_id;
    let wrong = Credentials {
        secret_access_key: "wrong",
        ..credentials(&house.theirs)
    };
    let unknown = Credentials {
        access_key_id: "AKIAAAAAAAAAAAAAAAAA",
        ..credentials(&house.theirs)
    };
    let good = credentials(&house.theirs);
    let (first, theirs) = (AccountId::FIRST, AccountId::MAX);
    for (with, expires_s, age_s, token, account, principal, cause) in [
        (
            wrong,
            60,
            0,
            "",
            theirs,
            Some(their_key),
            "signature does not match",
        ),
        (
            good,
            60,
            61,
            "",
            theirs,
            Some(their_key),
            "signature expired",
        ),
        (
            good,
            60,
            -400,
            "",
            theirs,
            Some(their_key),
            "signature from the future",
        ),
        (
            good,
            60,
            0,
            "&X-Amz-Security-Token=t",
            theirs,
            Some(their_key),
            "session token",
        ),
        (unknown, 60, 0, "", first, None, "access key unknown"),
    ] {
        let url = url(&house, &with, "/things", expires_s, age_s) + token;
        let answer = house.raw(get(&url)).await;
        assert_eq!(answer.status, 403, "{cause}");
        let event = house.events.0.lock().pop().expect("an event");
        assert_eq!(
            (event.account, event.principal.as_ref()),
            (account, principal)
        );
        assert_eq!(
            (event.kind.as_str(), event.outcome.as_str()),
            ("api", "refused")
        );
        assert!(event.cause.starts_with(cause), "{event:?}");
    }
    // What claims nothing is noise of the internet, not somebody who was refused.
    assert_eq!(house.raw(get("/things")).await.status, 403);
    assert!(house.events.0.lock().is_empty());
}
