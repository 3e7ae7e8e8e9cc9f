// SPDX-License-Identifier: Apache-2.0
//! Keys of devices that we make for them, in the PEM forms that AWS IoT answers with. They live in
//! memory alone, and their bytes are wiped when they are let go.

use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::SubjectPublicKeyInfo;
use x509_parser::der_parser::der::parse_der_sequence;
use zeroize::Zeroizing;

use crate::IdentityError;

/// Which keys are made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeyType {
    /// RSA with 2048 bits, as AWS IoT makes them.
    #[default]
    Rsa2048,
    /// ECDSA on P-256: made in no time, shorter, and quicker to connect with.
    P256,
}

impl KeyType {
    /// As settings spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyType::Rsa2048 => "rsa-2048",
            KeyType::P256 => "p-256",
        }
    }

    /// From a setting's spelling.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Rsa2048, Self::P256]
            .into_iter()
            .find(|one| one.as_str() == text)
    }
}

/// A key pair as CreateKeysAndCertificate answers it.
pub struct DeviceKey {
    /// What its certificate is made for.
    pub public: SubjectPublicKeyInfo,
    /// `-----BEGIN RSA PRIVATE KEY-----` (PKCS #1), as AWS IoT gives it; of P-256
    /// `-----BEGIN EC PRIVATE KEY-----` (RFC 5915).
    pub private_pem: Zeroizing<String>,
    /// `-----BEGIN PUBLIC KEY-----`.
    pub public_pem: String,
}

impl std::fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceKey(…)")
    }
}

/// Makes a key pair. RSA takes tens to hundreds of milliseconds: call it on a blocking thread.
pub fn make(kind: KeyType) -> Result<DeviceKey, IdentityError> {
    match kind {
        KeyType::Rsa2048 => make_rsa_2048(),
        KeyType::P256 => make_p256(),
    }
}

fn make_rsa_2048() -> Result<DeviceKey, IdentityError> {
    let pair = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).map_err(|_| failed())?;
    let pkcs8: Pkcs8V1Der = pair.as_der().map_err(|_| failed())?;
    let public: PublicKeyX509Der = pair.public_key().as_der().map_err(|_| failed())?;
    let private = pkcs1(pkcs8.as_ref())?;
    of(public.as_ref(), pem("RSA PRIVATE KEY", &private))
}

fn make_p256() -> Result<DeviceKey, IdentityError> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(|_| failed())?;
    let public: PublicKeyX509Der = pair.public_key().as_der().map_err(|_| failed())?;
    let private: EcPrivateKeyRfc5915Der = pair.private_key().as_der().map_err(|_| failed())?;
    of(public.as_ref(), pem("EC PRIVATE KEY", private.as_ref()))
}

fn of(public: &[u8], private_pem: Zeroizing<String>) -> Result<DeviceKey, IdentityError> {
    Ok(DeviceKey {
        public: SubjectPublicKeyInfo::from_der(public)?,
        private_pem,
        public_pem: pem("PUBLIC KEY", public).to_string(),
    })
}

fn failed() -> IdentityError {
    IdentityError::Crypto("no key could be made".into())
}

/// The PKCS #1 key inside a PKCS #8 envelope (RFC 5208 section 5): version, algorithm, key.
fn pkcs1(pkcs8: &[u8]) -> Result<Zeroizing<Vec<u8>>, IdentityError> {
    let wrong = || IdentityError::Crypto("the key is not PKCS #8".into());
    let (_, envelope) = parse_der_sequence(pkcs8).map_err(|_| wrong())?;
    let items = envelope.as_sequence().map_err(|_| wrong())?;
    let key = items.get(2).ok_or_else(wrong)?;
    key.as_slice()
        .map(|key| Zeroizing::new(key.to_vec()))
        .map_err(|_| wrong())
}

/// PEM with lines of 64 characters and a last line break, as OpenSSL writes it. Room is made
/// before anything is written, so that no half-grown copy stays behind.
pub(crate) fn pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    let text = Zeroizing::new(STANDARD.encode(der));
    let mut out = String::with_capacity(text.len() * 66 / 64 + 2 * label.len() + 64);
    out.push_str(&format!("-----BEGIN {label}-----\n"));
    for start in (0..text.len()).step_by(64) {
        out.push_str(&text[start..text.len().min(start + 64)]);
        out.push('\n');
    }
    out.push_str(&format!("-----END {label}-----\n"));
    Zeroizing::new(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_the_forms_of_aws_iot() {
        for (kind, label) in [(KeyType::Rsa2048, "RSA"), (KeyType::P256, "EC")] {
            let key = make(kind).expect("a key");
            let private = format!("-----BEGIN {label} PRIVATE KEY-----\n");
            assert!(key.private_pem.starts_with(&private));
            assert!(key.public_pem.starts_with("-----BEGIN PUBLIC KEY-----\n"));
            assert_eq!(format!("{key:?}"), "DeviceKey(…)");
            assert_eq!(KeyType::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(KeyType::parse("dsa"), None);
    }
}
