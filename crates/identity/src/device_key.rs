// SPDX-License-Identifier: Apache-2.0
//! Keys of devices that we make for them: RSA 2048, in the PEM forms that AWS IoT answers with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{KeyPair, PKCS_RSA_SHA256, PublicKeyData, RsaKeySize};
use x509_parser::der_parser::der::parse_der_sequence;

use crate::IdentityError;

/// A key pair as CreateKeysAndCertificate answers it.
pub struct DeviceKey {
    /// For signing the certificate.
    pub pair: KeyPair,
    /// `-----BEGIN RSA PRIVATE KEY-----` (PKCS #1), as AWS IoT gives it.
    pub private_pem: String,
    /// `-----BEGIN PUBLIC KEY-----`.
    pub public_pem: String,
}

/// Makes an RSA 2048 key pair. Takes tens to hundreds of milliseconds: call it on a blocking
/// thread.
pub fn make_rsa_2048() -> Result<DeviceKey, IdentityError> {
    let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
    let private = pkcs1(&pair.serialize_der())?;
    let private_pem = pem("RSA PRIVATE KEY", &private);
    let public_pem = pem("PUBLIC KEY", &pair.subject_public_key_info());
    Ok(DeviceKey {
        pair,
        private_pem,
        public_pem,
    })
}

/// The PKCS #1 key inside a PKCS #8 envelope (RFC 5208 section 5): version, algorithm, key.
fn pkcs1(pkcs8: &[u8]) -> Result<Vec<u8>, IdentityError> {
    let wrong = || IdentityError::Crypto("the key is not PKCS #8".into());
    let (_, envelope) = parse_der_sequence(pkcs8).map_err(|_| wrong())?;
    let items = envelope.as_sequence().map_err(|_| wrong())?;
    let key = items.get(2).ok_or_else(wrong)?;
    key.as_slice().map(<[u8]>::to_vec).map_err(|_| wrong())
}

/// PEM with lines of 64 characters and a last line break, as OpenSSL writes it.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    for start in (0..text.len()).step_by(64) {
        out.push_str(&text[start..text.len().min(start + 64)]);
        out.push('\n');
    }
    out + &format!("-----END {label}-----\n")
}
