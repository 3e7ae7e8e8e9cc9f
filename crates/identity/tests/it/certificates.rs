// SPDX-License-Identifier: Apache-2.0
//! A certificate's life: made for a request, registered, listed, deleted; and which status may
//! follow which.

use hw_fleet::Fleet;
use hw_fleet::principals::Attachment;
use hw_identity::IdentityError;
use hw_identity::certificates::{Certificate, RegisterStatus, Registration};
use hw_kernel::Admission;
use hw_model::{AccountId, CertificateId};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

use crate::{ACCOUNT, House, elsewhere, house};

const OTHER: AccountId = AccountId::MAX;

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

/// A CA (its certificate) and a device certificate that it signed.
fn ca_and_device() -> (String, String) {
    let mut ca = named("factory CA");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let ca_key = key();
    let ca_pem = ca.self_signed(&ca_key).expect("signed").pem();
    let device = named("device").signed_by(&key(), &Issuer::new(ca, ca_key));
    (ca_pem, device.expect("signed").pem())
}

fn der(pem: &str) -> Vec<u8> {
    x509_parser::pem::parse_x509_pem(pem.as_bytes())
        .expect("PEM")
        .1
        .contents
}

async fn register(
    house: &House,
    account: AccountId,
    pem: &str,
    by: Registration<'_>,
) -> Result<Certificate, IdentityError> {
    let status = RegisterStatus::Active;
    house
        .identity
        .register_certificate(account, pem, by, status)
        .await
}

#[tokio::test]
async fn the_same_request_gives_another_certificate_each_time() {
    let house = house().await;
    let device_key = key();
    let mut params = named("meter");
    params.distinguished_name.push(DnType::CountryName, "GR");
    let request = params.serialize_request(&device_key).expect("a request");
    let request = request.pem().expect("PEM");
    let make = |active| {
        house
            .identity
            .create_certificate_from_request(ACCOUNT, &house.authority, &request, active)
    };
    let (one, two) = (
        make(true).await.expect("made"),
        make(false).await.expect("made"),
    );
    assert_ne!(one.id, two.id);
    assert_eq!(
        (one.status.as_str(), two.status.as_str()),
        ("ACTIVE", "INACTIVE")
    );
    let (one, two) = (der(&one.pem), der(&two.pem));
    let (one, two) = (
        x509_parser::parse_x509_certificate(&one).expect("parsed").1,
        x509_parser::parse_x509_certificate(&two).expect("parsed").1,
    );
    assert_ne!(one.raw_serial(), two.raw_serial());
    assert_eq!(one.subject().to_string(), "CN=meter, C=GR");
    use rcgen::PublicKeyData;
    assert_eq!(
        one.public_key().subject_public_key.data.as_ref(),
        device_key.der_bytes()
    );
    let bad = house
        .identity
        .create_certificate_from_request(ACCOUNT, &house.authority, "no", true)
        .await;
    assert!(matches!(bad, Err(IdentityError::Invalid(_))));
}

#[tokio::test]
async fn registered_with_a_ca_with_ours_and_without() {
    let house = house().await;
    let (ca, device) = ca_and_device();
    let refused = register(
        &house,
        ACCOUNT,
        &device,
        Registration::OwnCa(&house.authority),
    )
    .await;
    assert!(matches!(refused, Err(IdentityError::BadCertificate(_))));
    let registered = register(&house, ACCOUNT, &device, Registration::Ca(&ca)).await;
    let registered = registered.expect("registered");
    assert_eq!(registered.mode, "DEFAULT");
    let ca_id = hw_identity::certificates::id_of(&der(&ca)).to_string();
    assert_eq!(registered.ca_certificate_id, Some(ca_id));
    let kept = house
        .identity
        .certificate(ACCOUNT, registered.id)
        .await
        .expect("there");
    assert_eq!(kept, registered);
    assert_eq!(der(&kept.pem), der(&device));
    let again = register(&house, ACCOUNT, &device, Registration::WithoutCa).await;
    let Err(IdentityError::Exists { name, arn, .. }) = again else {
        panic!("{again:?}");
    };
    assert_eq!(name, registered.id.to_string());
    assert!(
        arn.ends_with(&format!(":000000000001:cert/{name}")),
        "{arn}"
    );

    let alone = named("alone").self_signed(&key()).expect("signed").pem();
    let alone = register(&house, ACCOUNT, &alone, Registration::WithoutCa).await;
    let alone = alone.expect("registered");
    assert_eq!(
        (alone.mode.as_str(), alone.ca_certificate_id),
        ("SNI_ONLY", None)
    );

    let ours = house
        .identity
        .create_keys_and_certificate(ACCOUNT, &house.authority, true)
        .await
        .expect("made");
    house
        .identity
        .ensure_account(OTHER, "other")
        .await
        .expect("an account");
    let pem = &ours.certificate.pem;
    let moved = register(&house, OTHER, pem, Registration::OwnCa(&house.authority)).await;
    assert_eq!(moved.expect("registered").mode, "DEFAULT");
}

#[tokio::test]
async fn a_second_registration_takes_no_device_away() {
    let house = house().await;
    house
        .identity
        .ensure_account(OTHER, "other")
        .await
        .expect("an account");
    let made = house
        .identity
        .create_keys_and_certificate(ACCOUNT, &house.authority, true)
        .await
        .expect("made");
    let pem = made.certificate.pem.clone();
    let ask = |sni: Option<&'static str>| {
        let (directory, der) = (house.directory.clone(), der(&pem));
        elsewhere(move || {
            directory
                .by_certificate(&der, sni)
                .map(|found| found.account)
        })
    };
    let of_other = Some("x-999999999999.example");
    assert_eq!(ask(of_other).await, Ok(ACCOUNT), "it alone has it so far");
    register(&house, OTHER, &pem, Registration::WithoutCa)
        .await
        .expect("registered");
    assert_eq!(ask(None).await, Ok(ACCOUNT));
    assert_eq!(ask(of_other).await, Ok(OTHER));
    assert_eq!(ask(Some("x-000000000001.example")).await, Ok(ACCOUNT));
    assert_eq!(ask(Some("localhost")).await, Ok(ACCOUNT));

    // Whoever has seen a device's certificate and its CA's can register it, and in any way.
    let (ca, made_elsewhere) = ca_and_device();
    for (account, by) in [
        (ACCOUNT, Registration::WithoutCa),
        (OTHER, Registration::Ca(&ca)),
    ] {
        let done = register(&house, account, &made_elsewhere, by).await;
        done.expect("registered");
    }
    let alone = named("alone").self_signed(&key()).expect("signed").pem();
    for account in [ACCOUNT, OTHER] {
        let done = register(&house, account, &alone, Registration::WithoutCa).await;
        done.expect("registered");
    }
    for pem in [made_elsewhere, alone] {
        let (directory, der) = (house.directory.clone(), der(&pem));
        let found = elsewhere(move || directory.by_certificate(&der, None)).await;
        assert_eq!(found.expect("admitted").account, ACCOUNT);
    }
}

#[tokio::test]
async fn which_status_may_follow_which() {
    let house = house().await;
    let identity = &house.identity;
    let made = identity
        .create_keys_and_certificate(ACCOUNT, &house.authority, false)
        .await;
    let id = made.expect("made").certificate.id;
    let set = |status| identity.set_certificate_status(ACCOUNT, id, status);
    let version = || async {
        let found = identity.certificate(ACCOUNT, id).await.expect("there");
        (found.status, found.customer_version)
    };
    for (status, counts) in [
        ("ACTIVE", 2),
        ("ACTIVE", 2),
        ("INACTIVE", 3),
        ("REVOKED", 4),
    ] {
        set(status).await.expect("set");
        assert_eq!(version().await, (status.to_owned(), counts));
    }
    for status in ["ACTIVE", "INACTIVE"] {
        assert!(
            matches!(set(status).await, Err(IdentityError::State(_))),
            "{status}"
        );
    }
    set("REVOKED").await.expect("it is so");
    for status in [
        "PENDING_TRANSFER",
        "PENDING_ACTIVATION",
        "REGISTER_INACTIVE",
        "",
        "active",
    ] {
        assert!(
            matches!(set(status).await, Err(IdentityError::Invalid(_))),
            "{status}"
        );
    }
    assert_eq!(version().await, ("REVOKED".to_owned(), 4));
    let nobody = identity.set_certificate_status(ACCOUNT, CertificateId([1; 32]), "ACTIVE");
    assert!(matches!(nobody.await, Err(IdentityError::NotFound { .. })));
}

#[tokio::test]
async fn a_certificate_goes_once_nothing_uses_it() {
    let house = house().await;
    let identity = &house.identity;
    let fleet = Fleet::new(
        house.catalog.clone(),
        house.clock.clone(),
        house.directory.clone(),
    );
    let made = identity
        .create_keys_and_certificate(ACCOUNT, &house.authority, true)
        .await;
    let id = made.expect("made").certificate.id;
    let policy = r#"{"Version":"2012-10-17","Statement":
        [{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}"#;
    identity
        .create_policy(ACCOUNT, "p", policy)
        .await
        .expect("made");
    identity
        .attach_policy(ACCOUNT, "p", id)
        .await
        .expect("attached");
    fleet
        .create_thing(ACCOUNT, "t", Default::default())
        .await
        .expect("made");
    let how = Attachment::NonExclusive;
    fleet
        .attach_principal(ACCOUNT, "t", id, how)
        .await
        .expect("attached");
    let delete = |force| identity.delete_certificate(ACCOUNT, id, force);
    for force in [false, true] {
        assert!(
            matches!(delete(force).await, Err(IdentityError::State(_))),
            "ACTIVE"
        );
    }
    identity
        .set_certificate_status(ACCOUNT, id, "INACTIVE")
        .await
        .expect("set");
    for force in [false, true] {
        let held = delete(force)
            .await
            .expect_err("a thing holds it")
            .to_string();
        assert!(held.contains("thing t"), "{held}");
    }
    fleet
        .detach_principal(ACCOUNT, "t", id)
        .await
        .expect("detached");
    assert!(
        matches!(delete(false).await, Err(IdentityError::InUse(_))),
        "a policy"
    );
    delete(true).await.expect("deleted");
    assert!(matches!(
        delete(true).await,
        Err(IdentityError::NotFound { .. })
    ));
    let targets = identity
        .policy_targets(ACCOUNT, "p", None, 9)
        .await
        .expect("a page");
    assert!(targets.items.is_empty(), "detached with it");
    identity
        .delete_policy(ACCOUNT, "p")
        .await
        .expect("nobody has it");
}
