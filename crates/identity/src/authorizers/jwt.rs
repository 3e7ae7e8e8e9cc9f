// SPDX-License-Identifier: Apache-2.0
//! JWTs: signed by a key of the issuer's set, for us, and not over. Only signatures by a private key
//! count: with a shared secret, whoever checks could sign.

use std::time::Duration;

use hw_model::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use super::function::JwtRules;
use super::key_sets::KeySets;
use crate::outbound::Outbound;

/// How far clocks may differ, in seconds.
const LEEWAY_S: u64 = 60;

const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// Longest principal id.
const PRINCIPAL_BYTES_MAX: usize = 128;

/// A token that holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Proved {
    pub principal_id: String,
    /// Until the token is over.
    pub span: Duration,
}

/// Checks a token.
///
/// # Errors
/// Why it does not hold, in words; the token itself is not in them.
pub(super) async fn check(
    (outbound, key_sets): (&Outbound, &KeySets),
    rules: &JwtRules,
    token: &str,
    client_id: Option<&str>,
    (now, monotonic): (Timestamp, Duration),
) -> Result<Proved, String> {
    let no = |why: &str| Err(format!("JWT: {why}"));
    let Ok(header) = decode_header(token) else {
        return no("not a JWT");
    };
    if !ALGORITHMS.contains(&header.alg) {
        return no("signed with an algorithm that does not count");
    }
    let Some(key_id) = header.kid else {
        return no("names no key (kid)");
    };
    let set = key_sets
        .get(outbound, &rules.key_set, &key_id, monotonic)
        .await;
    let set = set.map_err(|error| format!("JWT: the keys can't be had: {error}"))?;
    let Some(key) = set.find(&key_id) else {
        return no("signed by a key that is not the issuer's");
    };
    let algorithm = key
        .common
        .key_algorithm
        .map(|algorithm| algorithm.to_string());
    if algorithm.is_some_and(|named| named != format!("{:?}", header.alg)) {
        return no("signed with another algorithm than its key is for");
    }
    let Ok(key) = DecodingKey::from_jwk(key) else {
        return no("its key can't be used");
    };
    let mut validation = Validation::new(header.alg);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.set_issuer(&[&rules.issuer]);
    validation.set_audience(&rules.audiences);
    // The time is the server's own; it is looked at below.
    (validation.validate_exp, validation.validate_nbf) = (false, false);
    let claims: Value = match decode(token, &key, &validation) {
        Ok(decoded) => decoded.claims,
        Err(error) => return Err(format!("JWT: {error}")),
    };
    let now_s = now.0.div_euclid(1_000_000);
    let leeway = LEEWAY_S as i64;
    let time = |name: &str| claims.get(name).and_then(Value::as_f64).map(|at| at as i64);
    let Some(expires) = time("exp").filter(|at| at.saturating_add(leeway) > now_s) else {
        return no("expired, or without exp");
    };
    if claims.get("nbf").is_some() && time("nbf").is_none_or(|at| at.saturating_sub(leeway) > now_s)
    {
        return no("not valid yet");
    }
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if let Some(claim) = &rules.client_id
        && text(claim).is_none_or(|wanted| Some(wanted) != client_id)
    {
        return Err(format!("JWT: the client id is not its {claim}"));
    }
    let id = text(&rules.principal).unwrap_or_default();
    let fits = (1..=PRINCIPAL_BYTES_MAX).contains(&id.len()) && !id.chars().any(char::is_control);
    if !fits {
        return Err(format!(
            "JWT: {} is not 1 to 128 characters",
            rules.principal
        ));
    }
    let left = expires.saturating_add(leeway).saturating_sub(now_s);
    Ok(Proved {
        principal_id: id.to_owned(),
        span: Duration::from_secs(left.max(1).unsigned_abs()),
    })
}
