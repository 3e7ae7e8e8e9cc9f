// SPDX-License-Identifier: Apache-2.0
//! What a request claims in its `Authorization` header, before anything is proved.

use crate::{Request, SigV4Error};

/// Longest `Authorization` header that is looked at, in bytes.
pub const AUTHORIZATION_BYTES_MAX: usize = 8_192;

/// A parsed `Authorization` header and the date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim<'a> {
    /// Whose key.
    pub access_key_id: &'a str,
    /// Day of the scope, `YYYYMMDD`.
    pub day: &'a str,
    /// Region of the scope.
    pub region: &'a str,
    /// Service of the scope, as in `iot` or `sts`.
    pub service: &'a str,
    /// Names of the signed headers, sorted as sent.
    pub signed_headers: Vec<&'a str>,
    /// Hexadecimal signature.
    pub signature: &'a str,
    /// `x-amz-date`.
    pub date: &'a str,
}

/// Reads the claim of a request.
pub fn claim<'a>(request: &Request<'a>) -> Result<Claim<'a>, SigV4Error> {
    let header = request.header("authorization").ok_or(SigV4Error::Missing)?;
    if header.len() > AUTHORIZATION_BYTES_MAX {
        return Err(incomplete("the Authorization header is too long"));
    }
    let rest = header
        .strip_prefix("AWS4-HMAC-SHA256")
        .ok_or_else(|| incomplete("the Authorization header must begin with AWS4-HMAC-SHA256"))?;
    let (mut credential, mut signed, mut signature) = (None, None, None);
    for part in rest.split(',') {
        match part.trim().split_once('=') {
            Some(("Credential", value)) => credential = Some(value),
            Some(("SignedHeaders", value)) => signed = Some(value),
            Some(("Signature", value)) => signature = Some(value),
            _ => return Err(incomplete("the Authorization header has an unknown part")),
        }
    }
    let missing = |name: &str| incomplete(&format!("Authorization header requires '{name}'"));
    let credential = credential.ok_or_else(|| missing("Credential"))?;
    let signed_headers: Vec<&str> = signed
        .ok_or_else(|| missing("SignedHeaders"))?
        .split(';')
        .collect();
    let signature = signature.ok_or_else(|| missing("Signature"))?;
    let date = request
        .header("x-amz-date")
        .ok_or_else(|| missing("X-Amz-Date"))?;
    let parts: Vec<&str> = credential.split('/').collect();
    let [access_key_id, day, region, service, "aws4_request"] = parts[..] else {
        return Err(incomplete(
            "Credential must be KEY/YYYYMMDD/REGION/SERVICE/aws4_request",
        ));
    };
    for needed in ["host", "x-amz-date"] {
        if !signed_headers.contains(&needed) {
            return Err(incomplete(&format!("'{needed}' must be a signed header")));
        }
    }
    Ok(Claim {
        access_key_id,
        day,
        region,
        service,
        signed_headers,
        signature,
        date,
    })
}

fn incomplete(why: &str) -> SigV4Error {
    SigV4Error::Incomplete(why.to_owned())
}
