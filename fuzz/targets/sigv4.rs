// SPDX-License-Identifier: Apache-2.0
//! Signatures in headers and in presigned URLs: arbitrary requests are never accepted, what we sign
//! is, and not when it is changed.
#![no_main]

use hw_fuzz::Pick;
use hw_sigv4::{Credentials, Request, SigV4Error, claim, is_presigned, presign, sign, verify};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// 2015-08-30T12:36:00Z.
const NOW_UNIX_S: i64 = 1_440_938_160;

const NAMES: [&str; 8] = [
    "host",
    "x-amz-date",
    "authorization",
    "content-type",
    "x-amz-target",
    "accept",
    "x",
    "range",
];
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "PATCH"];

/// The parts of a request.
struct Parts {
    method: &'static str,
    path: String,
    query: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

fuzz_target!(|data: &[u8]| {
    let mut pick = Pick::new(data);
    let parts = Parts {
        method: pick.of(&METHODS),
        path: pick.text(60),
        query: pick.text(255),
        headers: pick.list(0, 6, |pick| (pick.of(&NAMES), pick.text(255))),
        body: pick.rest().to_vec(),
    };
    stranger(&parts);
    // Who signs says so in one place alone.
    if !is_presigned(&parts.query) {
        signed(&parts);
    }
    // A parameter that stands there already would stand twice, and that is refused.
    if !has_parameters(&parts.query) {
        presigned(&parts);
    }
});

/// Whether the query, decoded, names one of the parameters of a presigned URL.
fn has_parameters(query: &str) -> bool {
    let (mut decoded, mut at) = (Vec::with_capacity(query.len()), 0);
    while let Some(&byte) = query.as_bytes().get(at) {
        let code = query.get(at + 1..at + 3).filter(|_| byte == b'%');
        let meant = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        decoded.push(meant.unwrap_or(byte));
        at += if meant.is_some() { 3 } else { 1 };
    }
    decoded.windows(6).any(|name| name == b"X-Amz-")
}

const WITH: Credentials<'_> = Credentials {
    access_key_id: "AKIDEXAMPLE",
    secret_access_key: SECRET,
    region: "eu-central-1",
    service: "iot",
};

/// As it came, from somebody who does not know the secret.
fn stranger(parts: &Parts) {
    let headers: Vec<(&str, &str)> = parts
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let request = parts.request(&headers);
    match claim(&request) {
        Ok(claimed) => {
            let outcome = verify(&request, &claimed, SECRET, NOW_UNIX_S);
            told(&outcome.expect_err("a stranger's request was accepted"));
            // With whatever time the claim is of, too.
            for now in [i64::MIN / 2, 0, i64::MAX / 2] {
                assert!(verify(&request, &claimed, SECRET, now).is_err());
            }
        }
        Err(error) => told(&error),
    }
}

fn told(error: &SigV4Error) {
    assert!(!error.code().is_empty() && (400..=403).contains(&error.status()));
    assert!(!error.to_string().contains(SECRET));
}

/// Signed by us; then every part of it is changed once.
fn signed(parts: &Parts) {
    let own = parts.own_headers();
    let plain = parts.request(&own);
    let extra = sign(&plain, &WITH, NOW_UNIX_S);
    let added = extra
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let headers: Vec<(&str, &str)> = own.iter().copied().chain(added).collect();
    let good = Request {
        headers: &headers,
        ..plain
    };
    assert_eq!(outcome(&good, NOW_UNIX_S), Ok(()));
    assert_eq!(outcome(&good, NOW_UNIX_S + 300), Ok(()));
    let late = outcome(&good, NOW_UNIX_S + 301);
    assert!(matches!(late, Err(SigV4Error::Expired { .. })), "{late:?}");

    let body = [good.body, b"x"].concat();
    let path = format!("{}/x", good.path);
    let query = format!("{}&zz=1", good.query);
    let mut other_header = headers.clone();
    let host = other_header
        .iter_mut()
        .find(|(name, _)| *name == "host")
        .expect("added above");
    host.1 = "localhost:8444";
    let one_more: Vec<(&str, &str)> = headers.iter().copied().chain([("host", "b")]).collect();
    for changed in [
        Request {
            body: &body,
            ..good
        },
        Request {
            path: &path,
            ..good
        },
        Request {
            query: &query,
            ..good
        },
        Request {
            method: "HEAD",
            ..good
        },
        Request {
            headers: &other_header,
            ..good
        },
        Request {
            headers: &one_more,
            ..good
        },
    ] {
        assert_eq!(
            outcome(&changed, NOW_UNIX_S),
            Err(SigV4Error::Mismatch),
            "{changed:?}"
        );
    }
}

fn outcome(request: &Request<'_>, now: i64) -> Result<(), SigV4Error> {
    verify(request, &claim(request)?, SECRET, now)
}

/// Presigned by us for a minute; then every part of it is changed once.
fn presigned(parts: &Parts) {
    let own = parts.own_headers();
    let plain = parts.request(&own);
    let query = presign(&plain, &WITH, NOW_UNIX_S, 60);
    let good = Request {
        query: &query,
        ..plain
    };
    assert_eq!(outcome(&good, NOW_UNIX_S), Ok(()));
    assert_eq!(outcome(&good, NOW_UNIX_S + 60), Ok(()));
    let late = outcome(&good, NOW_UNIX_S + 61);
    assert!(matches!(late, Err(SigV4Error::Expired { .. })), "{late:?}");
    let early = outcome(&good, NOW_UNIX_S - 301);
    assert!(
        matches!(early, Err(SigV4Error::NotYetCurrent { .. })),
        "{early:?}"
    );

    let path = format!("{}/x", good.path);
    let body = [good.body, b"x"].concat();
    let more = format!("{query}&zz=1");
    let longer = query.replacen("X-Amz-Expires=60", "X-Amz-Expires=61", 1);
    let other_host = [("host", "localhost:8444")];
    for changed in [
        Request {
            path: &path,
            ..good
        },
        Request {
            body: &body,
            ..good
        },
        Request {
            query: &more,
            ..good
        },
        Request {
            query: &longer,
            ..good
        },
        Request {
            method: "HEAD",
            ..good
        },
    ] {
        assert_eq!(
            outcome(&changed, NOW_UNIX_S),
            Err(SigV4Error::Mismatch),
            "{changed:?}"
        );
    }
    let elsewhere = Request {
        headers: &other_host,
        ..good
    };
    assert!(outcome(&elsewhere, NOW_UNIX_S).is_err());
    // A device adds its session token after it signed.
    let token = format!("{query}&X-Amz-Security-Token=t");
    let with_token = Request {
        query: &token,
        ..good
    };
    assert_eq!(outcome(&with_token, NOW_UNIX_S), Ok(()));
}

impl Parts {
    fn own_headers(&self) -> Vec<(&str, &str)> {
        self.headers
            .iter()
            .filter(|(name, _)| !["authorization", "x-amz-date", "host"].contains(name))
            .map(|(name, value)| (*name, value.as_str()))
            .chain([("host", "localhost:8443")])
            .collect()
    }

    fn request<'a>(&'a self, headers: &'a [(&'a str, &'a str)]) -> Request<'a> {
        Request {
            method: self.method,
            path: &self.path,
            query: &self.query,
            headers,
            body: &self.body,
        }
    }
}
