// SPDX-License-Identifier: Apache-2.0
//! Signatures of certificates and signing requests: which algorithms count, and whether one is
//! true. MD5 and SHA-1 do not count: others can be made to match them.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use x509_parser::asn1_rs::{Oid, oid};
use x509_parser::oid_registry as known;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use super::Refused;

/// Hash functions that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// What made a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    Rsa(Hash),
    RsaPss(Hash),
    Ecdsa(Hash),
}

/// Refuses what does not count, by name.
pub(super) fn check_algorithm(algorithm: &AlgorithmIdentifier<'_>) -> Result<(), Refused> {
    made(algorithm).map(drop)
}

/// Whether `key` made the signature over `signed`.
pub(super) fn verify(
    what: &str,
    key: &SubjectPublicKeyInfo<'_>,
    algorithm: &AlgorithmIdentifier<'_>,
    signed: &[u8],
    signature: &[u8],
) -> Result<(), Refused> {
    let verifier = verifier(made(algorithm)?, key);
    let verifier = verifier.ok_or_else(|| {
        Refused::because(format!(
            "the signature of the {what} is of another type than the key that should have made it"
        ))
    })?;
    UnparsedPublicKey::new(verifier, &key.subject_public_key.data)
        .verify(signed, signature)
        .map_err(|_| Refused::because(format!("the signature of the {what} is not true")))
}

fn made(algorithm: &AlgorithmIdentifier<'_>) -> Result<Made, Refused> {
    let id = &algorithm.algorithm;
    let simple = [
        (known::OID_PKCS1_SHA256WITHRSA, Made::Rsa(Hash::Sha256)),
        (known::OID_PKCS1_SHA384WITHRSA, Made::Rsa(Hash::Sha384)),
        (known::OID_PKCS1_SHA512WITHRSA, Made::Rsa(Hash::Sha512)),
        (known::OID_SIG_ECDSA_WITH_SHA256, Made::Ecdsa(Hash::Sha256)),
        (known::OID_SIG_ECDSA_WITH_SHA384, Made::Ecdsa(Hash::Sha384)),
        (known::OID_SIG_ECDSA_WITH_SHA512, Made::Ecdsa(Hash::Sha512)),
    ];
    if let Some((_, made)) = simple.into_iter().find(|(one, _)| one == id) {
        return Ok(made);
    }
    if *id == known::OID_PKCS1_RSASSAPSS
        && let Some(hash) = pss_hash(algorithm)
    {
        return Ok(Made::RsaPss(hash));
    }
    Err(Refused::because(format!(
        "a signature by {} does not count; sign with SHA-256, SHA-384 or SHA-512 and RSA or ECDSA",
        name(id)
    )))
}

fn pss_hash(algorithm: &AlgorithmIdentifier<'_>) -> Option<Hash> {
    let parameters = RsaSsaPssParams::try_from(algorithm.parameters.as_ref()?).ok()?;
    let hash = parameters.hash_algorithm_oid();
    [
        (known::OID_NIST_HASH_SHA256, Hash::Sha256),
        (known::OID_NIST_HASH_SHA384, Hash::Sha384),
        (known::OID_NIST_HASH_SHA512, Hash::Sha512),
    ]
    .into_iter()
    .find(|(known, _)| known == hash)
    .map(|(_, hash)| hash)
}

/// The names of those that are met and do not count.
fn name(id: &Oid<'_>) -> String {
    const NAMES: &[(Oid<'static>, &str)] = &[
        (oid!(1.2.840.113549.1.1.2), "MD2 with RSA"),
        (oid!(1.2.840.113549.1.1.4), "MD5 with RSA"),
        (oid!(1.2.840.113549.1.1.5), "SHA-1 with RSA"),
        (oid!(1.3.14.3.2.29), "SHA-1 with RSA"),
        (oid!(1.2.840.113549.1.1.14), "SHA-224 with RSA"),
        (oid!(1.2.840.113549.1.1.10), "RSA-PSS without SHA-2"),
        (oid!(1.2.840.10045.4.1), "SHA-1 with ECDSA"),
        (oid!(1.2.840.10045.4.3.1), "SHA-224 with ECDSA"),
        (oid!(1.2.840.10040.4.3), "SHA-1 with DSA"),
        (oid!(2.16.840.1.101.3.4.3.2), "SHA-256 with DSA"),
        (oid!(1.3.101.112), "Ed25519"),
        (oid!(1.3.101.113), "Ed448"),
    ];
    let found = NAMES.iter().find(|(known, _)| known == id);
    found.map_or_else(|| id.to_id_string(), |(_, name)| (*name).to_owned())
}

fn verifier(
    made: Made,
    key: &SubjectPublicKeyInfo<'_>,
) -> Option<&'static dyn VerificationAlgorithm> {
    let is_rsa = key.algorithm.algorithm == known::OID_PKCS1_RSAENCRYPTION;
    let found: &'static dyn VerificationAlgorithm = match made {
        Made::Rsa(Hash::Sha256) if is_rsa => &signature::RSA_PKCS1_2048_8192_SHA256,
        Made::Rsa(Hash::Sha384) if is_rsa => &signature::RSA_PKCS1_2048_8192_SHA384,
        Made::Rsa(Hash::Sha512) if is_rsa => &signature::RSA_PKCS1_2048_8192_SHA512,
        Made::RsaPss(Hash::Sha256) if is_rsa => &signature::RSA_PSS_2048_8192_SHA256,
        Made::RsaPss(Hash::Sha384) if is_rsa => &signature::RSA_PSS_2048_8192_SHA384,
        Made::RsaPss(Hash::Sha512) if is_rsa => &signature::RSA_PSS_2048_8192_SHA512,
        Made::Ecdsa(hash) if !is_rsa => return of_curve(hash, key),
        _ => return None,
    };
    Some(found)
}

fn of_curve(
    hash: Hash,
    key: &SubjectPublicKeyInfo<'_>,
) -> Option<&'static dyn VerificationAlgorithm> {
    let curve = key.algorithm.parameters.as_ref()?.as_oid().ok()?;
    let by_hash: [&'static dyn VerificationAlgorithm; 3] = if curve == known::OID_EC_P256 {
        [
            &signature::ECDSA_P256_SHA256_ASN1,
            &signature::ECDSA_P256_SHA384_ASN1,
            &signature::ECDSA_P256_SHA512_ASN1,
        ]
    } else if curve == known::OID_NIST_EC_P384 {
        [
            &signature::ECDSA_P384_SHA256_ASN1,
            &signature::ECDSA_P384_SHA384_ASN1,
            &signature::ECDSA_P384_SHA512_ASN1,
        ]
    } else if curve == known::OID_NIST_EC_P521 {
        [
            &signature::ECDSA_P521_SHA256_ASN1,
            &signature::ECDSA_P521_SHA384_ASN1,
            &signature::ECDSA_P521_SHA512_ASN1,
        ]
    } else {
        return None;
    };
    Some(match hash {
        Hash::Sha256 => by_hash[0],
        Hash::Sha384 => by_hash[1],
        Hash::Sha512 => by_hash[2],
    })
}
