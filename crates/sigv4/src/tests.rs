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
    assert_eq!(
        late.to_string(),
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z \
         (20150830T124101Z - 5 min.)"
    );
    let early = verify(&request, &claimed, "s", now - 301).unwrap_err();
    assert_eq!(
        early.to_string(),
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z \
         (20150830T123059Z + 5 min.)"
    );
    assert_eq!(late.code(), early.code());
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

const WITH: Credentials<'_> = Credentials {
    access_key_id: "AKIDEXAMPLE",
    secret_access_key: SECRET,
    region: "us-east-1",
    service: "iot",
};
const NOW: i64 = 1_440_938_160;

/// The outcome of a GET with this query at this time.
fn presigned(query: &str, headers: &[(&str, &str)], now: i64) -> Result<(), SigV4Error> {
    let request = Request {
        method: "GET",
        path: "/things",
        query,
        headers,
        body: b"",
    };
    verify(&request, &claim(&request)?, SECRET, now)
}

fn presigned_url(expires_s: u32) -> String {
    let request = Request {
        method: "GET",
        path: "/things",
        query: "maxResults=2&attributeName=a%2Fb",
        headers: &[("host", "localhost:8443")],
        body: b"",
    };
    presign(&request, &WITH, NOW, expires_s)
}

#[test]
fn a_presigned_url_holds_until_its_end() {
    let (host, url) = ([("host", "localhost:8443")], presigned_url(3_600));
    for now in [NOW, NOW - 300, NOW + 3_600] {
        assert_eq!(presigned(&url, &host, now), Ok(()), "{now}");
    }
    let late = presigned(&url, &host, NOW + 3_601).unwrap_err();
    assert!(late.to_string().ends_with("- 60 min.)"), "{late}");
    let early = presigned(&url, &host, NOW - 301).unwrap_err();
    assert!(matches!(early, SigV4Error::NotYetCurrent { .. }), "{early}");
    // What stands in the query in another order is the same.
    let mut pairs: Vec<&str> = url.split('&').collect();
    pairs.reverse();
    assert_eq!(presigned(&pairs.join("&"), &host, NOW), Ok(()));
}

#[test]
fn a_changed_presigned_url_is_refused() {
    let (host, url) = ([("host", "localhost:8443")], presigned_url(600));
    let mismatch = Err(SigV4Error::Mismatch);
    for changed in [
        url.replace("maxResults=2", "maxResults=3"),
        url.replace("Expires=600", "Expires=601"),
        format!("{url}&more=1"),
        format!("{url}&X-Amz-Security-Token="),
    ] {
        assert_eq!(presigned(&changed, &host, NOW), mismatch, "{changed}");
    }
    assert_eq!(presigned(&url, &[("host", "other")], NOW), mismatch);
    for broken in [
        url.replace("X-Amz-Expires=600", "X-Amz-Expires=604801"),
        url.replace("X-Amz-Expires=600", "X-Amz-Expires=0"),
        url.replace("X-Amz-Expires=600", "X-Amz-Expires=-9223372036854775808"),
        url.replace("X-Amz-Expires=600", "X-Amz-Expires=99999999999999999999"),
        url.replace("SHA256", "SHA1"),
        url.replace("X-Amz-Date", "X-Amz-Dat"),
        url.replace("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=via"),
        url.replace("%2Faws4_request", ""),
        format!("{url}&X-Amz-Date=20150830T123600Z"),
        format!("{url}&X-Amz-Signature=00"),
        url.replace("AKIDEXAMPLE", "%FF"),
    ] {
        let error = presigned(&broken, &host, NOW).unwrap_err();
        assert_eq!(error.code(), "IncompleteSignatureException", "{broken}");
        assert_eq!(error.status(), 400);
    }
    let both = [
        ("host", "localhost:8443"),
        ("authorization", "AWS4-HMAC-SHA256 "),
    ];
    let twice = presigned(&url, &both, NOW).unwrap_err().to_string();
    assert!(twice.contains("signed twice"), "{twice}");
    let unsigned = [
        ("host", "localhost:8443"),
        ("x-amzn-principal", "somebody else's"),
    ];
    let unsigned = presigned(&url, &unsigned, NOW).unwrap_err().to_string();
    assert_eq!(unsigned, "'x-amzn-principal' must be a signed header");
}

#[test]
fn a_session_token_may_be_signed_or_added_afterwards() {
    let host = [("host", "localhost:8443")];
    let added = format!("{}&X-Amz-Security-Token=t%2Fk", presigned_url(60));
    assert_eq!(presigned(&added, &host, NOW), Ok(()));
    let request = Request {
        method: "GET",
        path: "/things",
        query: "X-Amz-Security-Token=t%2Fk",
        headers: &host,
        body: b"",
    };
    let signed = presign(&request, &WITH, NOW, 60);
    assert_eq!(presigned(&signed, &host, NOW), Ok(()));
    let request = Request {
        query: &signed,
        ..request
    };
    let claimed = claim(&request).expect("a claim");
    assert_eq!(claimed.session_token.as_deref(), Some("t/k"));
    assert_eq!(
        presigned(&signed.replace("t%2Fk", "other"), &host, NOW),
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
    fn what_we_presign_verifies(
        path in "(/[a-zA-Z0-9%:._~-]{0,8}){1,4}",
        query in "([a-c]{1,2}(=[a-zA-Z0-9%~ +]{0,4})?&){0,3}",
        value in "[ -~]{0,12}",
        expires_s in 1_u32..604_800,
    ) {
        let headers = [("host", "h"), ("x-thing", value.as_str())];
        let plain = Request { method: "PUT", path: &path, query: &query, headers: &headers, body: b"" };
        let query = presign(&plain, &WITH, NOW, expires_s);
        let request = Request { query: &query, ..plain };
        let claimed = claim(&request).expect("a claim");
        prop_assert_eq!(verify(&request, &claimed, SECRET, NOW + i64::from(expires_s)), Ok(()));
        prop_assert_eq!(verify(&request, &claimed, "other", NOW), Err(SigV4Error::Mismatch));
    }

    #[test]
    fn arbitrary_queries_never_panic(query in "(X-Amz-(Algorithm|Credential|Date|Expires|Signature)=\\PC{0,20}&?){0,5}") {
        let request = Request { method: "GET", path: "/", query: &query, headers: &[], body: b"" };
        if let Ok(claimed) = claim(&request) {
            prop_assert!(verify(&request, &claimed, "s", 0).is_err());
        }
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
