// SPDX-License-Identifier: Apache-2.0
//! Whether a public key is one to rely on: algorithm, length, and the known marks of bad
//! generators.
//!
//! Debian's weak keys (CVE-2008-0166) are not looked for: telling them takes a list of every key
//! that generator could make, and those keys ended with the year 2008.

use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};
use x509_parser::asn1_rs::Tag;
use x509_parser::oid_registry as oid;
use x509_parser::public_key::{PublicKey, RSAPublicKey};
use x509_parser::x509::SubjectPublicKeyInfo;

use super::{Refused, roca};

/// Shortest RSA modulus, in bits, as on AWS IoT.
const RSA_BITS_MIN: usize = 2_048;

/// Longest RSA modulus, in bits: each handshake would pay for more.
const RSA_BITS_MAX: usize = 8_192;

/// A modulus with a factor below this was not made of two big primes.
const RSA_FACTOR_MIN: u64 = 752;

const ALLOWED: &str = "use RSA with at least 2048 bits, or an elliptic curve key on P-256, P-384 \
                       or P-521";

/// Checks a public key.
pub(super) fn check(key: &SubjectPublicKeyInfo<'_>) -> Result<(), Refused> {
    let algorithm = &key.algorithm.algorithm;
    if *algorithm == oid::OID_PKCS1_RSAENCRYPTION {
        match key.parsed() {
            Ok(PublicKey::RSA(rsa)) => check_rsa(&rsa),
            _ => Err(Refused::because("the RSA public key can't be read")),
        }
    } else if *algorithm == oid::OID_KEY_TYPE_EC_PUBLIC_KEY {
        check_curve(key)
    } else {
        let names = [
            (oid::OID_SIG_ED25519, "Ed25519"),
            (oid::OID_SIG_ED448, "Ed448"),
            (oid::OID_KEY_TYPE_DSA, "DSA"),
            (oid::OID_PKCS1_RSASSAPSS, "RSA for PSS alone"),
        ];
        let name = names.into_iter().find(|(known, _)| known == algorithm);
        let name = name.map_or_else(|| algorithm.to_id_string(), |(_, name)| name.to_owned());
        Err(Refused::because(format!(
            "a key of type {name} can't be used; {ALLOWED}"
        )))
    }
}

fn check_rsa(key: &RSAPublicKey<'_>) -> Result<(), Refused> {
    let modulus = trimmed(key.modulus);
    let bits = modulus.first().map_or(0, |first| {
        modulus.len() * 8 - first.leading_zeros() as usize
    });
    if bits < RSA_BITS_MIN {
        return Err(Refused::because(format!(
            "an RSA key of {bits} bits is too short; {ALLOWED}"
        )));
    }
    if bits > RSA_BITS_MAX {
        return Err(Refused::because(format!(
            "an RSA key of {bits} bits is too long; at most {RSA_BITS_MAX} are taken"
        )));
    }
    let exponent = trimmed(key.exponent);
    let odd = exponent.last().is_some_and(|last| last % 2 == 1);
    if !odd || exponent == [1] || exponent.len() > 8 {
        return Err(Refused::because(
            "the RSA key's exponent must be odd, above 1 and below 2^64; 65537 is usual",
        ));
    }
    if let Some(factor) = (2..RSA_FACTOR_MIN).find(|&n| roca::remainder(modulus, n) == 0) {
        return Err(Refused::because(format!(
            "the RSA key is broken: {factor} divides its modulus; make a new key"
        )));
    }
    if roca::is_marked(modulus) {
        return Err(Refused::because(
            "the RSA key was made by a chip whose keys can be computed from the public half \
             (CVE-2017-15361); make a new key elsewhere",
        ));
    }
    Ok(())
}

fn trimmed(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

fn check_curve(key: &SubjectPublicKeyInfo<'_>) -> Result<(), Refused> {
    let curve = key.algorithm.parameters.as_ref();
    let named = curve.filter(|parameters| parameters.tag() == Tag::Oid);
    let curve = named.and_then(|parameters| parameters.as_oid().ok());
    let curve = curve.ok_or_else(|| {
        Refused::because(format!("the elliptic curve must be a named one; {ALLOWED}"))
    })?;
    let algorithm: &'static dyn VerificationAlgorithm = if curve == oid::OID_EC_P256 {
        &signature::ECDSA_P256_SHA256_ASN1
    } else if curve == oid::OID_NIST_EC_P384 {
        &signature::ECDSA_P384_SHA384_ASN1
    } else if curve == oid::OID_NIST_EC_P521 {
        &signature::ECDSA_P521_SHA512_ASN1
    } else {
        return Err(Refused::because(format!(
            "the elliptic curve {} can't be used; {ALLOWED}",
            curve.to_id_string()
        )));
    };
    ParsedPublicKey::new(algorithm, &key.subject_public_key.data)
        .map(drop)
        .map_err(|_| Refused::because("the public key is not a point of its elliptic curve"))
}
