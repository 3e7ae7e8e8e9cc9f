// SPDX-License-Identifier: Apache-2.0
//! What a client presents to an authorizer: in headers, in the query of a request, or behind the `?`
//! of its user name.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hw_kernel::admission::Claims;
use percent_encoding::percent_decode_str;

use super::Authorizer;

const NAME: &str = "x-amz-customauthorizer-name";
const SIGNATURE: &str = "x-amz-customauthorizer-signature";

/// Longest token, as on AWS IoT.
const TOKEN_BYTES_MAX: usize = 64 << 10;

/// The authorizer that it names.
pub(super) fn authorizer(claims: &Claims) -> Option<String> {
    find(claims, NAME)
}

/// The user name, without what SDKs add behind `?`, and the password: both, or it is no login.
pub(super) fn password(claims: &Claims) -> Option<(&str, &[u8])> {
    let mqtt = claims.mqtt.as_ref().filter(|_| claims.passwords)?;
    let name = mqtt.user_name.as_deref()?;
    let name = name.split_once('?').map_or(name, |(name, _)| name);
    let password = mqtt.password.as_ref()?.expose();
    (!name.is_empty()).then_some((name, password.as_slice()))
}

/// The token, and whether its signature was proved.
///
/// # Errors
/// It has to be signed and is not, in words.
pub(super) fn token(
    claims: &Claims,
    authorizer: &Authorizer,
) -> Result<(Option<String>, bool), &'static str> {
    let key = authorizer.token_key_name.as_deref();
    let token = key.and_then(|key| find(claims, key));
    if token
        .as_ref()
        .is_some_and(|token| token.len() > TOKEN_BYTES_MAX)
    {
        return Err("the token is too long");
    }
    if authorizer.signing_disabled {
        return Ok((token, false));
    }
    let token = token.ok_or("no token where the authorizer looks for it (tokenKeyName)")?;
    let signature = find(claims, SIGNATURE).ok_or("the token is not signed")?;
    let signature = STANDARD.decode(signature);
    let signature = signature.map_err(|_| "the token's signature is not base64")?;
    let proved = authorizer.signing_keys.values().any(|pem| {
        public_key(pem).is_some_and(|der| {
            let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der);
            key.verify(token.as_bytes(), &signature).is_ok()
        })
    });
    if proved {
        Ok((Some(token), true))
    } else {
        Err("the token's signature does not match")
    }
}

/// The DER of a public key in PEM.
pub(super) fn public_key(pem: &str) -> Option<Vec<u8>> {
    let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).ok()?;
    (pem.label == "PUBLIC KEY").then_some(pem.contents)
}

/// A header counts before the query, the query before the user name.
fn find(claims: &Claims, key: &str) -> Option<String> {
    if let Some(http) = &claims.http {
        let lower = key.to_ascii_lowercase();
        let header = http.headers.iter().find(|(name, _)| *name == lower);
        if let Some((_, value)) = header {
            return Some(value.clone());
        }
        if let Some(value) = parameter(&http.query, key) {
            return Some(value);
        }
    }
    let user_name = claims.mqtt.as_ref()?.user_name.as_deref()?;
    parameter(user_name.split_once('?')?.1, key)
}

/// Percent-encoding alone is undone: a `+` of base64 stays one.
fn parameter(query: &str, key: &str) -> Option<String> {
    let decode = |text: &str| {
        percent_decode_str(text)
            .decode_utf8()
            .map(|it| it.into_owned())
    };
    query.split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let fits = decode(name).ok()?.eq_ignore_ascii_case(key);
        fits.then(|| decode(value).ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hw_kernel::admission::{HttpClaims, MqttClaims};

    fn claims(user_name: &str, query: &str, header: Option<(&str, &str)>) -> Claims {
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Claims {
            address: [127, 0, 0, 1].into(),
            server_name: None,
            tls: true,
            passwords: true,
            http: Some(HttpClaims {
                query: query.into(),
                headers: header.into_iter().map(own).collect(),
            }),
            mqtt: Some(MqttClaims {
                user_name: Some(user_name.into()),
                password: None,
                client_id: "c".into(),
            }),
        }
    }

    #[test]
    fn where_it_is_looked_for() {
        let user = "me?x-amz-customauthorizer-name=One&Token=a%2Bb+c&SDK=x&Platform=y";
        let only_user = claims(user, "", None);
        assert_eq!(authorizer(&only_user).as_deref(), Some("One"));
        assert_eq!(find(&only_user, "token").as_deref(), Some("a+b+c"));
        let query = claims(user, "X-Amz-CustomAuthorizer-Name=Two", None);
        assert_eq!(authorizer(&query).as_deref(), Some("Two"));
        let header = Some(("x-amz-customauthorizer-name", "Three"));
        let header = claims(user, "x-amz-customauthorizer-name=Two", header);
        assert_eq!(authorizer(&header).as_deref(), Some("Three"));
        // The SDKs' own figures alone name nobody.
        assert_eq!(authorizer(&claims("?SDK=x&Platform=y", "", None)), None);
    }
}
