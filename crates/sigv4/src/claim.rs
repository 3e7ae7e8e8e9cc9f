// SPDX-License-Identifier: Apache-2.0
//! What a request claims of its signature, before anything is proved: in its `Authorization`
//! header, or in its query (a presigned URL).

use percent_encoding::percent_decode_str;

use crate::{Request, SigV4Error};

/// Longest `Authorization` header, or query of a presigned URL, that is looked at, in bytes.
pub const AUTHORIZATION_BYTES_MAX: usize = 8_192;

/// Longest life of a presigned URL, in seconds: a week.
pub const EXPIRES_S_MAX: i64 = 604_800;

/// The one algorithm there is.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Query parameter that holds a presigned URL's signature; everything else is signed.
pub(crate) const SIGNATURE_PARAMETER: &str = "X-Amz-Signature";

/// Query parameter with a session token. Some devices sign it, others add it afterwards.
pub(crate) const TOKEN_PARAMETER: &str = "X-Amz-Security-Token";

/// Where the signature stands, and what follows from that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// In the `Authorization` header: it is fresh for a few minutes.
    Header,
    /// In the query.
    Presigned {
        /// For how many seconds it holds; `None` is as short as a header's (devices that open a
        /// WebSocket leave it out).
        expires_s: Option<i64>,
    },
}

/// A parsed claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Whose key.
    pub access_key_id: String,
    /// Day of the scope, `YYYYMMDD`.
    pub day: String,
    /// Region of the scope.
    pub region: String,
    /// Service of the scope, as in `iot` or `sts`.
    pub service: String,
    /// Names of the signed headers, sorted as sent.
    pub signed_headers: Vec<String>,
    /// Hexadecimal signature.
    pub signature: String,
    /// When it was signed: `x-amz-date` or `X-Amz-Date`.
    pub date: String,
    /// The session token that comes with temporary keys.
    pub session_token: Option<String>,
    /// Where all this stood.
    pub form: Form,
}

/// Whether a query is that of a presigned URL.
pub fn is_presigned(query: &str) -> bool {
    query
        .split('&')
        .any(|pair| pair.starts_with("X-Amz-Algorithm=") || pair.starts_with("X-Amz-Signature="))
}

/// Reads the claim of a request. One that is signed in both places is refused.
pub fn claim(request: &Request<'_>) -> Result<Claim, SigV4Error> {
    let presigned = is_presigned(request.query);
    let claim = match request.header("authorization") {
        Some(_) if presigned => Err(incomplete(
            "the request is signed twice: in its Authorization header and in its query",
        )),
        Some(header) => of_header(request, header),
        None if presigned => of_query(request),
        None => Err(SigV4Error::Missing),
    }?;
    let mut meant = request.headers.iter().filter(|(name, _)| is_meant(name));
    match meant.find(|(name, _)| !claim.signed_headers.iter().any(|signed| signed == name)) {
        Some((name, _)) => Err(incomplete(&format!("'{name}' must be a signed header"))),
        None => Ok(claim),
    }
}

/// Headers that change what a request asks for: unsigned, they would let somebody who saw a signed
/// request ask for something else. Proxies add `x-amzn-` headers of their own.
fn is_meant(name: &str) -> bool {
    name != "x-amz-security-token"
        && (name.starts_with("x-amz-")
            || name.starts_with("x-amzn-iot-")
            || name == "x-amzn-principal")
}

fn of_header(request: &Request<'_>, header: &str) -> Result<Claim, SigV4Error> {
    if header.len() > AUTHORIZATION_BYTES_MAX {
        return Err(incomplete("the Authorization header is too long"));
    }
    let rest = header
        .strip_prefix(ALGORITHM)
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
    let scope = scope(credential.ok_or_else(|| missing("Credential"))?)?;
    let signed = signed.ok_or_else(|| missing("SignedHeaders"))?;
    let signature = signature.ok_or_else(|| missing("Signature"))?;
    let date = request
        .header("x-amz-date")
        .ok_or_else(|| missing("X-Amz-Date"))?;
    let token = request.header("x-amz-security-token");
    Ok(Claim {
        signed_headers: names(signed, &["host", "x-amz-date"])?,
        signature: signature.to_owned(),
        date: date.to_owned(),
        session_token: token.filter(|token| !token.is_empty()).map(str::to_owned),
        form: Form::Header,
        ..scope
    })
}

fn of_query(request: &Request<'_>) -> Result<Claim, SigV4Error> {
    if request.query.len() > AUTHORIZATION_BYTES_MAX {
        return Err(incomplete("the query of the presigned URL is too long"));
    }
    let once = |name: &str| -> Result<Option<String>, SigV4Error> {
        let pairs = request.query.split('&');
        let mut values = pairs
            .filter_map(|pair| pair.split_once('='))
            .filter(|(known, _)| *known == name)
            .map(|(_, value)| percent_decode_str(value).decode_utf8());
        let value = values.next();
        if values.next().is_some() {
            return Err(incomplete(&format!("'{name}' stands twice in the query")));
        }
        let value = value.transpose();
        let value = value.map_err(|_| incomplete(&format!("'{name}' is not text")))?;
        Ok(value.map(|value| value.into_owned()))
    };
    let required = |name: &str| {
        once(name)?.ok_or_else(|| incomplete(&format!("a presigned URL requires '{name}'")))
    };
    if required("X-Amz-Algorithm")? != ALGORITHM {
        return Err(incomplete("X-Amz-Algorithm must be AWS4-HMAC-SHA256"));
    }
    let expires_s = once("X-Amz-Expires")?
        .map(|text| expires(&text))
        .transpose()?;
    let token = once(TOKEN_PARAMETER)?;
    Ok(Claim {
        signed_headers: names(&required("X-Amz-SignedHeaders")?, &["host"])?,
        signature: required(SIGNATURE_PARAMETER)?,
        date: required("X-Amz-Date")?,
        session_token: token.filter(|token| !token.is_empty()),
        form: Form::Presigned { expires_s },
        ..scope(&required("X-Amz-Credential")?)?
    })
}

fn expires(text: &str) -> Result<i64, SigV4Error> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|_| digits);
    seconds
        .filter(|seconds| (1..=EXPIRES_S_MAX).contains(seconds))
        .ok_or_else(|| {
            incomplete(&format!(
                "X-Amz-Expires must be a number of seconds from 1 to {EXPIRES_S_MAX}"
            ))
        })
}

/// A claim with its scope alone.
fn scope(credential: &str) -> Result<Claim, SigV4Error> {
    let parts: Vec<&str> = credential.split('/').collect();
    let [access_key_id, day, region, service, "aws4_request"] = parts[..] else {
        return Err(incomplete(
            "Credential must be KEY/YYYYMMDD/REGION/SERVICE/aws4_request",
        ));
    };
    Ok(Claim {
        access_key_id: access_key_id.to_owned(),
        day: day.to_owned(),
        region: region.to_owned(),
        service: service.to_owned(),
        signed_headers: Vec::new(),
        signature: String::new(),
        date: String::new(),
        session_token: None,
        form: Form::Header,
    })
}

fn names(list: &str, needed: &[&str]) -> Result<Vec<String>, SigV4Error> {
    let names: Vec<String> = list.split(';').map(str::to_owned).collect();
    for needed in needed {
        if !names.iter().any(|name| name == needed) {
            return Err(incomplete(&format!("'{needed}' must be a signed header")));
        }
    }
    Ok(names)
}

fn incomplete(why: &str) -> SigV4Error {
    SigV4Error::Incomplete(why.to_owned())
}
