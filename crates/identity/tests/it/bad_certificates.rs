// SPDX-License-Identifier: Apache-2.0
//! The matrix of certificates, CAs and signing requests that must not be taken, each with the words
//! that say why; and of unusual ones that must be.

use hw_identity::x509::{device_certificate, issuer, signing_request};
use hw_model::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PKCS_ED25519,
    PKCS_RSA_SHA256, PublicKeyData, SanType, SerialNumber, SignatureAlgorithm,
};

/// 2026-06-01.
const NOW: Timestamp = Timestamp(1_780_272_000_000_000);

macro_rules! fixture {
    ($name:literal) => {
        ($name, include_str!(concat!("fixtures/", $name, ".pem")))
    };
}

/// Parameters of a good device certificate.
fn good() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "device");
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2036, 1, 1);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    params
}

/// Parameters of a good CA.
fn good_ca() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "CA");
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2036, 1, 1);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

/// A device certificate of these parameters that signed itself.
fn own(params: &CertificateParams) -> String {
    params.self_signed(&key()).expect("signed").pem()
}

fn words(pem: &str) -> String {
    match device_certificate(pem, None, NOW) {
        Ok(_) => "taken".to_owned(),
        Err(refused) => refused.to_string(),
    }
}

#[test]
fn device_certificates_that_signed_themselves() {
    type Change = fn(&mut CertificateParams);
    let table: &[(&str, Change)] = &[
        ("taken", |_| {}),
        ("taken", |p| p.extended_key_usages.clear()),
        ("taken", |p| p.key_usages.clear()),
        ("taken", |p| p.not_before = rcgen::date_time_ymd(2030, 1, 1)),
        ("taken", |p| p.subject_alt_names = names(100)),
        ("101 alternative names", |p| {
            p.subject_alt_names = names(101)
        }),
        ("has expired", |p| {
            p.not_after = rcgen::date_time_ymd(2026, 2, 1)
        }),
        ("serial number", |p| p.serial_number = serial(&[0])),
        ("serial number", |p| p.serial_number = serial(&[1; 21])),
        ("CA:FALSE", |p| {
            p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)
        }),
        ("keyCertSign", |p| {
            p.key_usages.push(KeyUsagePurpose::KeyCertSign)
        }),
        ("digitalSignature", |p| {
            p.key_usages = vec![KeyUsagePurpose::KeyAgreement]
        }),
        ("clientAuth", |p| {
            p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        }),
        ("control character", |p| {
            p.distinguished_name.push(DnType::CommonName, "a\0b")
        }),
        ("control character", |p| {
            p.distinguished_name.push(DnType::OrganizationName, "a\nb")
        }),
        ("1024 bytes", |p| {
            p.distinguished_name
                .push(DnType::CommonName, "x".repeat(1_025))
        }),
        ("could not connect with it", |p| {
            p.custom_extensions = unknown(true)
        }),
        ("taken", |p| p.custom_extensions = unknown(false)),
    ];
    for (number, (wanted, change)) in table.iter().enumerate() {
        let mut params = good();
        change(&mut params);
        let found = words(&own(&params));
        assert!(
            found.contains(wanted),
            "row {number}: {wanted:?} in {found:?}"
        );
    }
}

fn names(count: usize) -> Vec<SanType> {
    let name = |n| format!("n{n}.example").try_into().expect("a name");
    (0..count).map(name).map(SanType::DnsName).collect()
}

fn serial(bytes: &[u8]) -> Option<SerialNumber> {
    Some(SerialNumber::from_slice(bytes))
}

fn unknown(critical: bool) -> Vec<CustomExtension> {
    let mut extension =
        CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99_999, 1], vec![5, 0]);
    extension.set_criticality(critical);
    vec![extension]
}

#[test]
fn certificates_of_openssl() {
    for ((name, pem), wanted) in [
        (fixture!("rsa-1024"), "1024 bits is too short"),
        (fixture!("rsa-pss-key"), "RSA for PSS alone"),
        (fixture!("rsa-exponent-3"), "taken"),
        (fixture!("rsa-pss-sha256"), "taken"),
        (fixture!("md5"), "MD5 with RSA"),
        (fixture!("sha1"), "SHA-1 with RSA"),
        (fixture!("dsa"), "DSA"),
        (fixture!("prime192v1"), "elliptic curve 1.2.840.10045.3.1.1"),
        (fixture!("secp224r1"), "elliptic curve 1.3.132.0.33"),
        (fixture!("secp256k1"), "elliptic curve 1.3.132.0.10"),
        (fixture!("explicit-curve"), "must be a named one"),
        (fixture!("p-384"), "taken"),
        (fixture!("p-521"), "taken"),
        (fixture!("two-common-names"), "more than one common name"),
        (fixture!("version-1"), "version 3"),
    ] {
        let found = words(pem);
        assert!(found.contains(wanted), "{name}: {wanted:?} in {found:?}");
    }
    let ed25519 = good().self_signed(&KeyPair::generate_for(&PKCS_ED25519).expect("a key"));
    assert!(words(&ed25519.expect("signed").pem()).contains("Ed25519"));
}

/// A public key that nobody has the private half of.
struct Marked(Vec<u8>);

impl PublicKeyData for Marked {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

/// RSAPublicKey of this modulus and exponent 65537.
fn rsa(modulus: &[u8]) -> Marked {
    let integer = |bytes: &[u8]| {
        [
            &[2, 0x82, (bytes.len() >> 8) as u8, bytes.len() as u8],
            bytes,
        ]
        .concat()
    };
    // A first bit of 1 would make it a negative number.
    let zero: &[u8] = if modulus[0] & 0x80 == 0 { &[] } else { &[0] };
    let content = [integer(&[zero, modulus].concat()), vec![2, 3, 1, 0, 1]].concat();
    let length = [(content.len() >> 8) as u8, content.len() as u8];
    Marked([&[0x30, 0x82][..], &length, &content].concat())
}

#[test]
fn rsa_keys_with_a_mark() {
    use x509_parser::num_bigint::BigUint;
    let (params, ca_key) = (good_ca(), key());
    let ca = Issuer::new(params, ca_key);
    let refusal = |modulus: BigUint| {
        let signed = good().signed_by(&rsa(&modulus.to_bytes_be()), &ca);
        words(&signed.expect("signed").pem())
    };
    let infineon = BigUint::from(65_537_u32).pow(128);
    let found = refusal(infineon.clone());
    assert!(found.contains("CVE-2017-15361"), "{found}");
    let even = infineon.clone() + 1_u32;
    assert!(refusal(even).contains("2 divides its modulus"));
    let long = BigUint::from(65_537_u32).pow(600);
    assert!(refusal(long).contains("too long"));
}

#[test]
fn text_that_is_not_one_certificate() {
    let pem = own(&good());
    let ended = pem.trim_end().to_owned();
    let broken = ended.replacen("MII", "AAA", 1);
    let tampered = {
        let der = x509_parser::pem::parse_x509_pem(pem.as_bytes())
            .expect("PEM")
            .1
            .contents;
        let mut der = der;
        *der.last_mut().expect("bytes") ^= 1;
        to_pem("CERTIFICATE", &der)
    };
    let trailing = {
        let der = x509_parser::pem::parse_x509_pem(pem.as_bytes())
            .expect("PEM")
            .1
            .contents;
        to_pem("CERTIFICATE", &[&der[..], &[0]].concat())
    };
    let huge = to_pem("CERTIFICATE", &vec![0x30; 64 << 10]);
    for (text, wanted) in [
        (String::new(), "not a PEM encoded CERTIFICATE"),
        ("certificate".to_owned(), "not a PEM encoded CERTIFICATE"),
        (key().serialize_pem(), "this is a PRIVATE KEY"),
        (format!("{pem}{pem}"), "more than one"),
        (broken, "not an X.509 certificate"),
        (tampered, "is not true"),
        (trailing, "bytes behind"),
        (huge, "more than 65536 characters"),
        (format!("Certificate:\n  Data:\n{pem}"), "taken"),
    ] {
        let found = words(&text);
        assert!(found.contains(wanted), "{wanted:?} in {found:?}");
    }
}

fn to_pem(label: &str, der: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|l| std::str::from_utf8(l).expect("ASCII"))
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

#[test]
fn cas() {
    type Change = fn(&mut CertificateParams);
    let table: &[(&str, Change)] = &[
        ("taken", |_| {}),
        ("taken", |p| p.key_usages.clear()),
        ("taken", |p| {
            p.is_ca = IsCa::Ca(BasicConstraints::Constrained(0))
        }),
        ("not valid yet", |p| {
            p.not_before = rcgen::date_time_ymd(2027, 1, 1)
        }),
        ("has expired", |p| {
            p.not_after = rcgen::date_time_ymd(2026, 2, 1)
        }),
        ("no basicConstraints CA:TRUE", |p| p.is_ca = IsCa::NoCa),
        ("no basicConstraints CA:TRUE", |p| {
            p.is_ca = IsCa::ExplicitNoCa
        }),
        ("keyCertSign", |p| {
            p.key_usages = vec![KeyUsagePurpose::DigitalSignature]
        }),
        ("serial number", |p| p.serial_number = serial(&[0])),
        ("control character", |p| {
            p.distinguished_name.push(DnType::CommonName, "a\0b")
        }),
        ("critical extension", |p| {
            p.custom_extensions = unknown(true)
        }),
        ("not heeded here: 2.5.29.30", |p| {
            p.name_constraints = Some(NameConstraints {
                permitted_subtrees: vec![GeneralSubtree::DnsName("example".into())],
                excluded_subtrees: vec![],
            })
        }),
    ];
    for (number, (wanted, change)) in table.iter().enumerate() {
        let mut params = good_ca();
        change(&mut params);
        let found = match issuer(&own(&params), NOW) {
            Ok(_) => "taken".to_owned(),
            Err(refused) => refused.to_string(),
        };
        assert!(
            found.contains(wanted),
            "row {number}: {wanted:?} in {found:?}"
        );
    }
    for (name, pem) in [fixture!("rsa-1024"), fixture!("sha1"), fixture!("dsa")] {
        assert!(issuer(pem, NOW).is_err(), "{name}");
    }
}

#[test]
fn a_chain_must_fit() {
    let (params, ca_key, other_key) = (good_ca(), key(), key());
    let ca_pem = params.self_signed(&ca_key).expect("signed").pem();
    let same_name_pem = params.self_signed(&other_key).expect("signed").pem();
    let mut renamed = params.clone();
    renamed
        .distinguished_name
        .push(DnType::CommonName, "another CA");
    let renamed_pem = renamed.self_signed(&ca_key).expect("signed").pem();
    let device = good()
        .signed_by(&key(), &Issuer::new(params.clone(), ca_key))
        .expect("signed");
    let mut bare = good();
    bare.use_authority_key_identifier_extension = false;
    let forged = bare
        .signed_by(&key(), &Issuer::new(params, other_key))
        .expect("signed");
    for (device, ca, wanted) in [
        (&device, &ca_pem, "taken"),
        (&device, &same_name_pem, "of the same name with another key"),
        (&device, &renamed_pem, "issued by another CA"),
        (&forged, &ca_pem, "is not true"),
        (&forged, &same_name_pem, "taken"),
    ] {
        let ca = issuer(ca, NOW).expect("a CA");
        let found = match device_certificate(&device.pem(), Some(&ca), NOW) {
            Ok(_) => "taken".to_owned(),
            Err(refused) => refused.to_string(),
        };
        assert!(found.contains(wanted), "{wanted:?} in {found:?}");
    }
}

#[test]
fn signing_requests() {
    let key = key();
    let good = good_request(&key, "meter");
    let tampered = {
        let der = x509_parser::pem::parse_x509_pem(good.as_bytes())
            .expect("PEM")
            .1
            .contents;
        let text = String::from_utf8_lossy(&der).into_owned();
        let at = der
            .windows(5)
            .position(|part| part == b"meter")
            .expect("the name");
        assert!(text.contains("meter"));
        let mut der = der;
        der[at] = b'p';
        to_pem("CERTIFICATE REQUEST", &der)
    };
    for (text, wanted) in [
        (good.as_str(), "taken"),
        (
            &good.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"),
            "taken",
        ),
        (fixture!("request-p-384").1, "taken"),
        (fixture!("request-p-521").1, "taken"),
        (fixture!("request-rsa-pss-sha256").1, "taken"),
        (fixture!("request-rsa-1024").1, "1024 bits is too short"),
        (fixture!("request-sha1").1, "SHA-1 with RSA"),
        (fixture!("request-prime192v1").1, "elliptic curve"),
        (fixture!("request-dsa").1, "DSA"),
        (
            fixture!("request-two-common-names").1,
            "more than one common name",
        ),
        (&tampered, "is not true"),
        (&good_request(&key, "a\0b"), "control character"),
        ("", "not a PEM encoded CERTIFICATE REQUEST"),
        (&"A".repeat(4_097), "more than 4096 characters"),
        (fixture!("p-384").1, "this is a CERTIFICATE"),
        (&to_pem("CERTIFICATE REQUEST", b"0"), "can't be read"),
    ] {
        let found = match signing_request(text) {
            Ok(_) => "taken".to_owned(),
            Err(refused) => refused.to_string(),
        };
        assert!(found.contains(wanted), "{wanted:?} in {found:?}");
    }
}

fn good_request(key: &KeyPair, name: &str) -> String {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let request = params.serialize_request(key).expect("a request");
    request.pem().expect("PEM")
}
