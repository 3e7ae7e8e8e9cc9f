// SPDX-License-Identifier: Apache-2.0
//! Requests with signatures, good and bad, as the target picks them apart.

use crate::Seeds;

const HOST: u8 = 0;
const DATE: u8 = 1;
const AUTHORIZATION: u8 = 2;

fn request(path: &str, query: &str, headers: &[(u8, &str)], body: &str) -> Vec<u8> {
    let mut out = vec![0];
    let text = |out: &mut Vec<u8>, text: &str| {
        out.push(text.len() as u8);
        out.extend_from_slice(text.as_bytes());
    };
    text(&mut out, path);
    text(&mut out, query);
    out.push(headers.len() as u8);
    for (name, value) in headers {
        out.push(*name);
        text(&mut out, value);
    }
    out.extend_from_slice(body.as_bytes());
    out
}

/// Paths, queries and headers of every form.
pub fn all() -> Seeds {
    let good = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-central-1/iot/aws4_request, \
                SignedHeaders=host;x-amz-date, Signature=\
                5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
    let (host, date) = ((HOST, "localhost:8443"), (DATE, "20150830T123600Z"));
    let signed = [host, date, (AUTHORIZATION, good)];
    let mut seeds = Seeds::new();
    for path in [
        "/",
        "/things/a%2Fb",
        "//a/./../b/",
        "/ü",
        "",
        "/%zz",
        "/..",
        "a b",
    ] {
        seeds.push(request(path, "", &signed, ""));
    }
    for query in ["a=1&b=2", "b&a&a=", "a=%20+&%41=b", "&&=", "a=b=c", "%"] {
        seeds.push(request("/x", query, &signed, "{}"));
    }
    let presigned = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2F20150830%2Fr%2Fiot%2F\
                     aws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&\
                     X-Amz-SignedHeaders=host&X-Amz-Signature=00";
    for (from, to) in [
        ("", ""),
        ("60", "604801"),
        ("60", "-9223372036854775808"),
        ("=host", "=host%3Bhost"),
        ("%2F", "/"),
        ("&X-Amz-Date", "&X-Amz-Security-Token=t&X-Amz-Date"),
    ] {
        let query = presigned.replacen(from, to, 1);
        seeds.push(request("/x", &query, &[host], ""));
    }
    for authorization in [
        "",
        "AWS4-HMAC-SHA256",
        "Bearer x",
        "AWS4-HMAC-SHA256 Credential=,SignedHeaders=,Signature=",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request,SignedHeaders=host;x-amz-date,Signature=0",
        "AWS4-HMAC-SHA256 Credential=a/20150830/c/d/aws4_request, SignedHeaders=x-amz-date;host;host, \
         Signature=AA, Signature=BB",
    ] {
        seeds.push(request(
            "/",
            "",
            &[host, date, (AUTHORIZATION, authorization)],
            "",
        ));
    }
    for date in [
        "20150830T123600",
        "20151330T123600Z",
        "00000101T000000Z",
        "20150830T126000Z",
    ] {
        seeds.push(request(
            "/",
            "",
            &[host, (DATE, date), (AUTHORIZATION, good)],
            "",
        ));
    }
    seeds.push(request(
        "/",
        "",
        &[host, host, date, (3, "  a   b  "), (5, "")],
        "body",
    ));
    seeds
}
