// SPDX-License-Identifier: Apache-2.0
//! Devices with user name and password: who comes in, what they may, what a change touches, and
//! guessing.

use std::sync::Arc;
use std::time::Duration;

use hw_identity::IdentityError;
use hw_identity::authorizers::AuthorizerDoor;
use hw_identity::mqtt_users::MqttUserSettings;
use hw_identity::outbound::Outbound;
use hw_kernel::admission::{Authorizers, Claims, MqttClaims, Principal};
use hw_kernel::testkit::clock::SimulatedClock;
use hw_kernel::{Admission, Refusal};
use hw_model::{Secret, Timestamp};

use crate::{ACCOUNT, House, elsewhere, house, house_with};

const PASSWORD: &str = "a long enough one";
const ALLOW_ALL: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"iot:*","Resource":"*"}]}"#;

fn door(house: &House) -> AuthorizerDoor {
    let outbound = Outbound::new(Vec::new(), false).expect("a way out");
    AuthorizerDoor::new(house.identity.clone(), outbound)
}

fn claims(name: Option<&str>, password: Option<&[u8]>) -> Claims {
    Claims {
        address: [192, 0, 2, 1].into(),
        server_name: None,
        tls: true,
        passwords: true,
        http: None,
        mqtt: Some(MqttClaims {
            user_name: name.map(str::to_owned),
            password: password.map(|bytes| Secret::new(bytes.to_vec())),
            client_id: "c".into(),
        }),
    }
}

async fn login(house: &House, name: &str, password: &[u8]) -> Result<Arc<Principal>, Refusal> {
    let door = door(house);
    let authorized = door.authorize(claims(Some(name), Some(password))).await;
    authorized.map(|authorized| authorized.principal)
}

async fn current(house: &House, principal: &Arc<Principal>) -> Result<Arc<Principal>, Refusal> {
    let (directory, principal) = (house.directory.clone(), principal.clone());
    elsewhere(move || directory.current(&principal)).await
}

async fn add(house: &House, name: &str, settings: &MqttUserSettings) {
    let password = Some(Secret::from(PASSWORD));
    let made = house
        .identity
        .create_mqtt_user(ACCOUNT, name, settings, password);
    assert!(made.await.expect("made").is_none());
}

fn with_policy(name: &str) -> MqttUserSettings {
    MqttUserSettings {
        policies: vec![name.to_owned()],
        thing: None,
    }
}

#[tokio::test]
async fn a_password_lets_in_and_policies_decide() {
    let house = house().await;
    let identity = &house.identity;
    assert!(!door(&house).are_there(true));
    identity
        .create_policy(ACCOUNT, "all", ALLOW_ALL)
        .await
        .expect("a policy");
    add(&house, "pump", &with_policy("all")).await;
    assert!(door(&house).are_there(true) && !door(&house).are_there(false));
    // What SDKs add is no part of the name.
    let principal = login(&house, "pump?SDK=x&Version=1", PASSWORD.as_bytes()).await;
    let principal = principal.expect("in");
    assert_eq!(principal.id.to_string(), "mqtt-user/pump");
    assert!(!principal.policies.is_empty());
    assert!(identity.delete_policy(ACCOUNT, "all").await.is_err());
    // Neither half of it alone, nor at a door that takes none.
    let mut elsewhere = claims(Some("pump"), Some(PASSWORD.as_bytes()));
    elsewhere.passwords = false;
    for half in [claims(Some("pump"), None), claims(None, None), elsewhere] {
        let refusal = door(&house).authorize(half).await.expect_err("out");
        assert!(refusal.cause.contains("no authorizer named"), "{refusal}");
    }
    assert_eq!(
        identity
            .mqtt_users(ACCOUNT, None, 9)
            .await
            .expect("listed")
            .items
            .len(),
        1
    );
}

#[tokio::test]
async fn wrong_ones_look_the_same_and_wait() {
    let clock = SimulatedClock::at(Timestamp(1));
    let house = house_with(Arc::new(clock.clone())).await;
    add(&house, "pump", &MqttUserSettings::default()).await;
    for (name, password) in [
        ("pump", &b"wrong"[..]),
        ("nobody", b"wrong"),
        ("pump", b"\xff"),
    ] {
        let refusal = login(&house, name, password).await.expect_err("out");
        assert_eq!(refusal.cause, "user name or password is wrong");
        let soon = login(&house, name, PASSWORD.as_bytes()).await;
        let soon = soon.expect_err("too soon");
        assert_eq!(soon.cause, "too many tries failed; try again in 1 s");
        clock.advance(Duration::from_secs(1));
    }
    let fits = login(&house, "pump", PASSWORD.as_bytes()).await;
    fits.expect("in");
}

#[tokio::test]
async fn who_was_in_comes_back_although_somebody_guesses() {
    let clock = SimulatedClock::at(Timestamp(1));
    let house = house_with(Arc::new(clock)).await;
    add(&house, "pump", &MqttUserSettings::default()).await;
    login(&house, "pump", PASSWORD.as_bytes())
        .await
        .expect("in");
    login(&house, "pump", b"wrong").await.expect_err("out");
    login(&house, "pump", b"wrong").await.expect_err("locked");
    login(&house, "pump", PASSWORD.as_bytes())
        .await
        .expect("in");
}

#[tokio::test]
async fn a_fleet_with_one_user_comes_at_once() {
    let house = Arc::new(house().await);
    add(&house, "fleet", &MqttUserSettings::default()).await;
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let house = house.clone();
        all.spawn(async move { login(&house, "fleet", PASSWORD.as_bytes()).await });
    }
    while let Some(done) = all.join_next().await {
        done.expect("no panic").expect("in");
    }
}

#[tokio::test]
async fn changes_are_in_effect_on_who_is_connected() {
    let house = house().await;
    let identity = &house.identity;
    identity
        .create_policy(ACCOUNT, "all", ALLOW_ALL)
        .await
        .expect("a policy");
    add(&house, "pump", &with_policy("all")).await;
    add(&house, "other", &MqttUserSettings::default()).await;
    let bystander = login(&house, "other", PASSWORD.as_bytes())
        .await
        .expect("in");
    let first = login(&house, "pump", PASSWORD.as_bytes())
        .await
        .expect("in");
    identity
        .change_mqtt_user(ACCOUNT, "pump", &MqttUserSettings::default())
        .await
        .expect("changed");
    assert!(first.is_stale() && !bystander.is_stale());
    let second = current(&house, &first).await.expect("still in");
    assert!(second.policies.is_empty());
    let made = identity.set_mqtt_password(ACCOUNT, "pump", None).await;
    let made = made.expect("set").expect("made");
    assert!(second.is_stale());
    current(&house, &second)
        .await
        .expect_err("the password is another");
    let third = login(&house, "pump", made.expose().as_bytes())
        .await
        .expect("in");
    let old = login(&house, "pump", PASSWORD.as_bytes()).await;
    old.expect_err("the old one");
    identity
        .delete_mqtt_user(ACCOUNT, "pump")
        .await
        .expect("deleted");
    assert!(third.is_stale() && !bystander.is_stale());
    current(&house, &third).await.expect_err("deleted");
    assert!(matches!(
        identity.delete_mqtt_user(ACCOUNT, "pump").await,
        Err(IdentityError::NotFound { .. })
    ));
    identity
        .delete_policy(ACCOUNT, "all")
        .await
        .expect("attached to nobody");
}

#[tokio::test]
async fn what_is_wrong_is_refused() {
    let house = house().await;
    let identity = &house.identity;
    let plain = MqttUserSettings::default();
    let thing = MqttUserSettings {
        thing: Some("none".into()),
        ..MqttUserSettings::default()
    };
    for (name, settings, password) in [
        ("", &plain, None),
        ("a?b", &plain, None),
        ("pump", &with_policy("none"), None),
        ("pump", &thing, None),
        ("pump", &plain, Some("short")),
    ] {
        let made = identity.create_mqtt_user(ACCOUNT, name, settings, password.map(Secret::from));
        assert!(made.await.is_err(), "{name} {settings:?}");
    }
    add(&house, "pump", &plain).await;
    let again = identity
        .create_mqtt_user(ACCOUNT, "pump", &plain, None)
        .await;
    assert!(matches!(again, Err(IdentityError::Exists { .. })));
}
