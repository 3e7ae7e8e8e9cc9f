// SPDX-License-Identifier: Apache-2.0
//! What a thing comes in with: made whole, and taken whole, with its live principals told.

use std::sync::Arc;

use hw_fleet::Fleet;
use hw_identity::IdentityError;
use hw_identity::authorizers::AuthorizerDoor;
use hw_identity::certificates::MadeForThing;
use hw_identity::mqtt_users::MqttUserSettings;
use hw_identity::outbound::Outbound;
use hw_identity::thing_credentials::DEVICE_POLICY;
use hw_kernel::admission::{Authorizers, Claims, MqttClaims, Principal};
use hw_kernel::{Admission, Refusal};
use hw_model::{AccountId, CertificateId, Secret};

use crate::{ACCOUNT, House, elsewhere, house};

const PASSWORD: &str = "a long enough one";

async fn house_with_things(names: &[&str]) -> (House, Fleet) {
    let house = house().await;
    let (catalog, clock) = (house.catalog.clone(), house.clock.clone());
    let fleet = Fleet::new(catalog, clock, house.directory.clone());
    for name in names {
        let made = fleet.create_thing(ACCOUNT, name, Default::default()).await;
        made.expect("a thing");
    }
    (house, fleet)
}

async fn made(house: &House, thing: &str) -> MadeForThing {
    let identity = &house.identity;
    identity
        .ensure_device_policy(ACCOUNT)
        .await
        .expect("a policy");
    identity
        .create_certificate_for_thing(ACCOUNT, &house.authority, (thing, DEVICE_POLICY), None)
        .await
        .expect("a certificate")
}

async fn by_certificate(house: &House, pem: &str) -> Result<Arc<Principal>, Refusal> {
    let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).expect("PEM");
    let (directory, der) = (house.directory.clone(), pem.contents);
    elsewhere(move || directory.by_certificate(&der, None)).await
}

async fn by_password(house: &House, name: &str) -> Result<Arc<Principal>, Refusal> {
    let outbound = Outbound::new(Vec::new(), false).expect("a way out");
    let door = AuthorizerDoor::new(house.identity.clone(), outbound);
    let claims = Claims {
        address: [192, 0, 2, 1].into(),
        server_name: None,
        tls: true,
        passwords: true,
        http: None,
        mqtt: Some(MqttClaims {
            user_name: Some(name.to_owned()),
            password: Some(Secret::new(PASSWORD.into())),
            client_id: name.into(),
        }),
    };
    let authorized = door.authorize(claims).await;
    authorized.map(|authorized| authorized.principal)
}

#[tokio::test]
async fn a_certificate_for_a_thing_is_the_things_at_once() {
    let (house, _) = house_with_things(&["pump-1"]).await;
    let made = made(&house, "pump-1").await;
    assert!(made.keys.is_some());
    let principal = by_certificate(&house, &made.certificate.pem).await;
    let principal = principal.expect("in");
    assert_eq!(principal.things[0].name, "pump-1");
    assert!(principal.things[0].exclusive);
    let facts = principal.certificate.as_ref().expect("a certificate");
    let name = ("Subject.CommonName".to_owned(), vec!["pump-1".to_owned()]);
    assert!(facts.fields.contains(&name), "{:?}", facts.fields);
    assert!(
        !house
            .identity
            .ensure_device_policy(ACCOUNT)
            .await
            .expect("looked up"),
        "it is there"
    );
}

#[tokio::test]
async fn of_what_is_not_there_nothing_is_left() {
    let (house, _) = house_with_things(&["pump-1"]).await;
    let identity = &house.identity;
    for (thing, policy) in [("none", DEVICE_POLICY), ("pump-1", "none")] {
        if policy == DEVICE_POLICY {
            identity
                .ensure_device_policy(ACCOUNT)
                .await
                .expect("a policy");
        }
        let of = (thing, policy);
        let refused = identity
            .create_certificate_for_thing(ACCOUNT, &house.authority, of, None)
            .await;
        let error = refused.err().expect("refused");
        assert!(matches!(error, IdentityError::NotFound { .. }), "{error}");
    }
    let page = identity
        .search_certificates(ACCOUNT, &Default::default())
        .await;
    assert!(page.expect("a page").items.is_empty());
}

#[tokio::test]
async fn a_long_name_is_no_common_name() {
    let name = "x".repeat(65);
    let (house, _) = house_with_things(&[&name]).await;
    let made = made(&house, &name).await;
    let text = hw_identity::certificate_text::read(&made.certificate.pem).expect("read");
    assert_eq!(text.subject, "CN=AWS IoT Certificate");
    assert_eq!(text.sha256, made.certificate.id);
}

#[tokio::test]
async fn taken_whole_and_everybody_is_told() {
    let (house, fleet) = house_with_things(&["pump-1", "pump-2"]).await;
    let identity = &house.identity;
    let (own, shared) = (made(&house, "pump-1").await, made(&house, "pump-2").await);
    let both: [CertificateId; 2] = [own.certificate.id, shared.certificate.id];
    for thing in ["pump-2", "pump-1"] {
        fleet
            .attach_principal(ACCOUNT, thing, both[1], Default::default())
            .await
            .expect("attached");
    }
    let settings = MqttUserSettings {
        policies: vec![DEVICE_POLICY.to_owned()],
        thing: Some("pump-1".to_owned()),
    };
    let password = Some(Secret::from(PASSWORD));
    identity
        .create_mqtt_user(ACCOUNT, "pump-1", &settings, password)
        .await
        .expect("a user");
    let live = [
        by_certificate(&house, &own.certificate.pem)
            .await
            .expect("in"),
        by_certificate(&house, &shared.certificate.pem)
            .await
            .expect("in"),
        by_password(&house, "pump-1").await.expect("in"),
    ];
    let stale = identity
        .remove_credentials_of_thing(ACCOUNT, "pump-1", 2)
        .await;
    assert!(matches!(stale, Err(IdentityError::Changed(_))), "{stale:?}");
    let foreign = identity
        .remove_credentials_of_thing(AccountId::MAX, "pump-1", 1)
        .await;
    assert!(foreign.is_err());
    assert!(live.iter().all(|principal| !principal.is_stale()));
    let removed = identity
        .remove_credentials_of_thing(ACCOUNT, "pump-1", 1)
        .await
        .expect("removed");
    assert_eq!(removed.deleted, [both[0]]);
    assert_eq!(removed.detached, [both[1]]);
    assert_eq!(removed.mqtt_users, ["pump-1"]);
    assert!(live.iter().all(|principal| principal.is_stale()));
    let mut now = Vec::new();
    for principal in live {
        let directory = house.directory.clone();
        let current = elsewhere(move || directory.current(&principal)).await;
        let things = current.map(|principal| principal.things.len());
        now.push(things.ok());
    }
    assert_eq!(now, [None, Some(1), None]);
    let left = identity
        .principals_of_thing(ACCOUNT, "pump-1")
        .await
        .expect("read");
    assert!(left.is_empty());
    let policies = identity.attached_policies(ACCOUNT, both[0]).await;
    assert!(policies.expect("read").is_empty());
}
