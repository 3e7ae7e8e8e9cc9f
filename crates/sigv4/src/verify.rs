// SPDX-License-Identifier: Apache-2.0
//! Proves a claim, given the secret of its key.

use crate::claim::{SIGNATURE_PARAMETER, TOKEN_PARAMETER};
use crate::{Claim, Form, Request, SigV4Error, canonical, date, key};

/// How far a signature's date may be from the server's time, in seconds.
pub const SKEW_S_MAX: i64 = 300;

/// Checks that `claim` (taken from `request`) was signed with `secret`, and holds at `now_unix_s`.
pub fn verify(
    request: &Request<'_>,
    claim: &Claim,
    secret: &str,
    now_unix_s: i64,
) -> Result<(), SigV4Error> {
    let signed = date::parse(&claim.date)
        .filter(|_| claim.date.get(..8) == Some(claim.day.as_str()))
        .ok_or_else(|| SigV4Error::Incomplete("X-Amz-Date is not the date of the scope".into()))?;
    in_time(claim, signed, now_unix_s)?;
    let scope = format!(
        "{}/{}/{}/aws4_request",
        claim.day, claim.region, claim.service
    );
    let names: Vec<&str> = claim.signed_headers.iter().map(String::as_str).collect();
    let key = key::signing_key(secret, &claim.day, &claim.region, &claim.service);
    let proves = |without: &[&str]| {
        let text = canonical::string_to_sign(request, without, &names, &claim.date, &scope);
        let wanted = hex::encode(key::hmac(&key, text.as_bytes()));
        same(wanted.as_bytes(), claim.signature.as_bytes())
    };
    let proved = match claim.form {
        Form::Header => proves(&[]),
        // A device's session token is in the URL but not among what it signed; standard signers
        // sign it. Both are one secret's work.
        Form::Presigned { .. } => {
            proves(&[SIGNATURE_PARAMETER])
                || claim.session_token.is_some() && proves(&[SIGNATURE_PARAMETER, TOKEN_PARAMETER])
        }
    };
    if proved {
        Ok(())
    } else {
        Err(SigV4Error::Mismatch)
    }
}

/// A signature holds from a few minutes before its date (clocks differ) until a few minutes after
/// it, or until a presigned URL's own end.
fn in_time(claim: &Claim, signed: i64, now: i64) -> Result<(), SigV4Error> {
    if signed.saturating_sub(now) > SKEW_S_MAX {
        return Err(SigV4Error::NotYetCurrent {
            signed: claim.date.clone(),
            now,
        });
    }
    let holds_s = match claim.form {
        Form::Presigned {
            expires_s: Some(seconds),
        } => seconds,
        _ => SKEW_S_MAX,
    };
    if now.saturating_sub(signed) > holds_s {
        return Err(SigV4Error::Expired {
            signed: claim.date.clone(),
            holds_s,
            now,
        });
    }
    Ok(())
}

/// Compares in time that depends on the lengths alone.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .fold(0, |differs, (a, b)| differs | (a ^ b))
            == 0
}
