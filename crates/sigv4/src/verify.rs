// SPDX-License-Identifier: Apache-2.0
//! Proves a claim, given the secret of its key.

use crate::{Claim, Request, SigV4Error, canonical, date, key};

/// How far a signature's date may be from the server's time, in seconds.
pub const SKEW_S_MAX: i64 = 300;

/// Checks that `claim` (taken from `request`) was signed with `secret` around `now_unix_s`.
pub fn verify(
    request: &Request<'_>,
    claim: &Claim<'_>,
    secret: &str,
    now_unix_s: i64,
) -> Result<(), SigV4Error> {
    let signed = date::parse(claim.date)
        .filter(|_| claim.date.get(..8) == Some(claim.day))
        .ok_or_else(|| SigV4Error::Incomplete("X-Amz-Date is not the date of the scope".into()))?;
    if (signed - now_unix_s).abs() > SKEW_S_MAX {
        let signed = claim.date.to_owned();
        return Err(SigV4Error::Expired {
            signed,
            skew_s_max: SKEW_S_MAX,
            now: now_unix_s,
        });
    }
    let scope = format!(
        "{}/{}/{}/aws4_request",
        claim.day, claim.region, claim.service
    );
    let text = canonical::string_to_sign(request, &claim.signed_headers, claim.date, &scope);
    let key = key::signing_key(secret, claim.day, claim.region, claim.service);
    let wanted = hex::encode(key::hmac(&key, text.as_bytes()));
    if same(wanted.as_bytes(), claim.signature.as_bytes()) {
        Ok(())
    } else {
        Err(SigV4Error::Mismatch)
    }
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
