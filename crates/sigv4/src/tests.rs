// SPDX-License-Identifier: Apache-2.0
//! AWS's published examples, round trips, and requests that must be refused.

use proptest::prelude::*;

use crate::*;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const DATE: &str = "20150830T123600Z";

fn vector(path: &str, query: &str, signature: &str) -> Result<(), SigV4Error> {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={signature}"
    );
    let headers = [
        ("host", "example.amazonaws.com"),
        ("x-amz-date", DATE),
        ("authorization", &authorization),
    ];
    let request = Request {
        method: "GET",
        path,
        query,
        headers: &headers,
        body: b"",
    };
    verify(
        &request,
        &claim(&request)?,
        SECRET,
        date::parse(DATE).expect("a date"),
    )
}

/// From the AWS Signature Version 4 test suite: `get-vanilla` and `get-vanilla-query-order-key-case`.
#[test]
fn published_examples() {
    let vanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    assert_eq!(vector("/", "", vanilla), Ok(()));
    let query = "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500";
    assert_eq!(vector("/", "Param2=value2&Param1=value1", query), Ok(()));
    assert_eq!(vector("/x", "", vanilla), Err(SigV4Error::Mismatch));
}

#[test]
fn dates() {
    assert_eq!(date::parse(DATE), Some(1_440_938_160));
    assert_eq!(date::format(1_440_938_160), DATE);
    for bad in [
        "",
        "20150830123600",
        "20151330T123600Z",
        "2015083XT123600Z",
        "20150830T243600Z",
    ] {
        assert_eq!(date::parse(bad), None, "{bad}");
    }
}

#[test]
fn stale_and_unsigned_are_told_apart() {
    let now = 1_440_938_160;
    let with = Credentials {
        access_key_id: "A",
        secret_access_key: "s",
        region: "r",
        service: "iot",
    };
    let headers = [("host", "localhost:8443")];
    let plain = Request {
        method: "GET",
        path: "/things",
        query: "",
        headers: &headers,
        body: b"",
    };
    assert_eq!(claim(&plain).unwrap_err(), SigV4Error::Missing);
    let extra = sign(&plain, &with, now);
    let signed: Vec<(&str, &str)> = headers
        .into_iter()
        .chain(
            extra
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        )
        .collect();
    let request = Request {
        headers: &signed,
        ..plain
    };
    let claimed = claim(&request).expect("a claim");
    assert_eq!(verify(&request, &claimed, "s", now + 299), Ok(()));
    let late = verify(&request, &claimed, "s", now + 301).unwrap_err();
    assert!(matches!(late, SigV4Error::Expired { .. }), "{late}");
    assert_eq!(
        verify(&request, &claimed, "t", now),
        Err(SigV4Error::Mismatch)
    );
    let other = Request {
        body: b"x",
        ..request
    };
    assert_eq!(
        verify(&other, &claimed, "s", now),
        Err(SigV4Error::Mismatch)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_we_sign_verifies(
        path in "(/[a-zA-Z0-9%:._~-]{0,8}){1,4}",
        query in "([a-c]{1,2}(=[a-zA-Z0-9%~ +]{0,4})?&){0,3}",
        body in proptest::collection::vec(any::<u8>(), 0..32),
        value in "[ -~]{0,12}",
    ) {
        let with = Credentials { access_key_id: "A", secret_access_key: "s", region: "r", service: "iot" };
        let headers = [("host", "h"), ("x-thing", value.as_str())];
        let plain = Request { method: "PUT", path: &path, query: &query, headers: &headers, body: &body };
        let extra = sign(&plain, &with, 0);
        let signed: Vec<(&str, &str)> = headers.into_iter()
            .chain(extra.iter().map(|(n, v)| (n.as_str(), v.as_str()))).collect();
        let request = Request { headers: &signed, ..plain };
        prop_assert_eq!(verify(&request, &claim(&request).expect("a claim"), "s", 0), Ok(()));
    }

    #[test]
    fn arbitrary_headers_never_panic(header in "\\PC{0,80}", date in "\\PC{0,20}") {
        let headers = [("authorization", header.as_str()), ("x-amz-date", date.as_str())];
        let request = Request { method: "GET", path: "/", query: "%", headers: &headers, body: b"" };
        if let Ok(claimed) = claim(&request) {
            prop_assert!(verify(&request, &claimed, "s", 0).is_err());
        }
    }
}
