// SPDX-License-Identifier: Apache-2.0
//! Policies of thing groups: whom they hold for, which changes touch whom, and who has them.

use std::sync::Arc;

use hw_fleet::Fleet;
use hw_fleet::groups::GroupProperties;
use hw_fleet::principals::Attachment;
use hw_identity::IdentityError;
use hw_identity::authorization::{Question, Who};
use hw_identity::certificates::CreatedCertificate;
use hw_identity::mqtt_users::MqttUserSettings;
use hw_identity::policies::{POLICIES_PER_TARGET_MAX, Target};
use hw_kernel::Principal;
use hw_kernel::admission::NamedPrincipal;
use hw_model::AccountId;
use hw_policy::Effect;

use crate::admission::{ask, der};
use crate::{ACCOUNT, House, house};

const OTHER: AccountId = AccountId::MAX;
const ALLOW: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}"#;
const DENY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iot:*","Resource":"*"}]}"#;

fn fleet(house: &House) -> Fleet {
    let (catalog, clock) = (house.catalog.clone(), house.clock.clone());
    Fleet::new(catalog, clock, house.directory.clone())
}

async fn group(fleet: &Fleet, name: &str, parent: Option<&str>) -> Target {
    let none = GroupProperties::default();
    let made = fleet.create_group(ACCOUNT, name, parent, none, &[]).await;
    Target::Group(made.expect("made").name)
}

/// A certificate that is attached to these things, which are made if need be.
async fn device(house: &House, things: &[&str]) -> CreatedCertificate {
    let made = house
        .identity
        .create_keys_and_certificate(ACCOUNT, &house.authority, true)
        .await
        .expect("a certificate");
    let (fleet, id, how) = (fleet(house), made.certificate.id, Attachment::NonExclusive);
    for thing in things {
        let there = fleet.create_thing(ACCOUNT, thing, Default::default()).await;
        there.expect("a thing");
        let attached = fleet.attach_principal(ACCOUNT, thing, id, how).await;
        attached.expect("attached");
    }
    made
}

async fn policy(house: &House, name: &str, document: &str) {
    let made = house.identity.create_policy(ACCOUNT, name, document).await;
    made.expect("a policy");
}

/// Names of the policies that decide for a client.
fn deciding(principal: &Principal, client_id: &str) -> Vec<String> {
    let set = principal.policies_for(client_id);
    set.policies().iter().map(|one| one.name.clone()).collect()
}

async fn names(house: &House, principal: Option<&Target>, thing: Option<&str>) -> Vec<String> {
    let found = house
        .identity
        .effective_policies(ACCOUNT, principal, thing)
        .await;
    let found = found.expect("read").into_iter();
    found.map(|(name, _)| name).collect()
}

#[tokio::test]
async fn every_change_is_in_effect_for_those_in_the_group_and_for_nobody_else() {
    let house = house().await;
    let (identity, fleet) = (&house.identity, fleet(&house));
    policy(&house, "all", ALLOW).await;
    let plant = group(&fleet, "plant", None).await;
    group(&fleet, "hall", Some("plant")).await;
    let (inside, outside) = (device(&house, &["t"]).await, device(&house, &["x"]).await);
    let (inside, outside) = (der(&inside), der(&outside));
    let bystander = ask(&house, &outside).await.expect("active");
    for (step, wanted) in [
        ("add", false),
        ("attach", true),
        ("detach", false),
        ("attach", true),
        ("remove", false),
        ("add", true),
        ("delete thing group", false),
    ] {
        let before = ask(&house, &inside).await.expect("active");
        assert!(!before.is_stale(), "before {step}");
        match step {
            "add" => fleet
                .add_to_group(ACCOUNT, "t", "hall")
                .await
                .expect("added"),
            "remove" => fleet
                .remove_from_group(ACCOUNT, "t", "hall")
                .await
                .expect("removed"),
            "attach" => identity
                .attach_policy(ACCOUNT, "all", plant.clone())
                .await
                .expect("attached"),
            "detach" => identity
                .detach_policy(ACCOUNT, "all", plant.clone())
                .await
                .expect("detached"),
            _ => fleet
                .delete_group(ACCOUNT, "hall", None)
                .await
                .expect("deleted"),
        }
        assert!(before.is_stale(), "after {step}");
        let now = ask(&house, &inside).await.expect("active");
        assert_eq!(!deciding(&now, "t").is_empty(), wanted, "after {step}");
        assert!(now.policies.is_empty(), "its own are none");
    }
    assert!(!bystander.is_stale());
}

#[tokio::test]
async fn the_connections_thing_says_which_groups_count() {
    let house = house().await;
    let (identity, fleet) = (&house.identity, fleet(&house));
    for name in ["own", "north", "south", "top"] {
        policy(&house, name, ALLOW).await;
    }
    let top = group(&fleet, "top", None).await;
    let north = group(&fleet, "north", Some("top")).await;
    let south = group(&fleet, "south", Some("top")).await;
    let both = device(&house, &["n", "s"]).await;
    let id = both.certificate.id;
    for (name, target) in [
        ("own", Target::from(id)),
        ("own", north.clone()),
        ("north", north.clone()),
        ("south", south),
        ("top", top),
    ] {
        let attached = identity.attach_policy(ACCOUNT, name, target).await;
        attached.expect("attached");
    }
    for (thing, of) in [("n", "north"), ("s", "south")] {
        let added = fleet.add_to_group(ACCOUNT, thing, of).await;
        added.expect("added");
    }
    let principal = ask(&house, &der(&both)).await.expect("active");
    assert_eq!(deciding(&principal, "n"), ["own", "north", "top"]);
    assert_eq!(deciding(&principal, "s"), ["own", "south", "top"]);
    assert_eq!(deciding(&principal, "other"), ["own"]);
    let one = device(&house, &["n"]).await;
    let principal = ask(&house, &der(&one)).await.expect("active");
    assert_eq!(deciding(&principal, "other"), ["north", "own", "top"]);

    let certificate = Target::from(id);
    for (principal, thing, wanted) in [
        (Some(&certificate), Some("n"), &["north", "own", "top"][..]),
        (Some(&certificate), Some("s"), &["own", "south", "top"]),
        (Some(&certificate), None, &["own"]),
        (Some(&north), None, &["north", "own", "top"]),
        (None, Some("s"), &["south", "top"]),
        (None, None, &[]),
    ] {
        assert_eq!(names(&house, principal, thing).await, wanted, "{thing:?}");
    }
    let nowhere = Target::Group("nowhere".into());
    let nowhere = identity.effective_policies(ACCOUNT, Some(&nowhere), None);
    assert!(matches!(nowhere.await, Err(IdentityError::NotFound { .. })));
}

#[tokio::test]
async fn questions_are_answered_with_the_policies_of_groups() {
    let house = house().await;
    let (identity, fleet) = (&house.identity, fleet(&house));
    policy(&house, "all", ALLOW).await;
    policy(&house, "none", DENY).await;
    let plant = group(&fleet, "plant", None).await;
    let made = device(&house, &["t", "u"]).await;
    let added = fleet.add_to_group(ACCOUNT, "t", "plant").await;
    added.expect("added");
    let attached = identity.attach_policy(ACCOUNT, "all", plant.clone()).await;
    attached.expect("attached");
    let question = Question {
        action: "iot:Publish".into(),
        resources: vec!["arn:aws:iot:eu-west-1:000000000001:topic/x".into()],
    };
    let judge = async |principal: &Target, client: Option<&str>, skip: &[&str]| {
        let who = Who {
            principal: Some(principal.clone()),
            client_id: client.map(str::to_owned),
            skip: skip.iter().map(|name| (*name).to_owned()).collect(),
            ..Who::default()
        };
        let questions = [question.clone()];
        let judged = identity.test_authorization(ACCOUNT, &who, &questions).await;
        judged.expect("judged")[0].effect
    };
    let device = Target::from(made.certificate.id);
    assert_eq!(judge(&device, Some("t"), &[]).await, Effect::Allowed);
    assert_eq!(judge(&device, Some("u"), &[]).await, Effect::ImplicitDeny);
    assert_eq!(judge(&device, None, &[]).await, Effect::ImplicitDeny);
    assert_eq!(judge(&plant, None, &[]).await, Effect::Allowed);
    assert_eq!(judge(&plant, None, &["all"]).await, Effect::ImplicitDeny);
    let attached = identity
        .attach_policy(ACCOUNT, "none", device.clone())
        .await;
    attached.expect("attached");
    assert_eq!(judge(&device, Some("t"), &[]).await, Effect::ExplicitDeny);
}

#[tokio::test]
async fn a_device_with_a_password_has_the_policies_of_its_things_groups() {
    let house = house().await;
    let (identity, fleet) = (&house.identity, fleet(&house));
    policy(&house, "all", ALLOW).await;
    let plant = group(&fleet, "plant", None).await;
    let attached = identity.attach_policy(ACCOUNT, "all", plant).await;
    attached.expect("attached");
    let pump = fleet
        .create_thing(ACCOUNT, "pump", Default::default())
        .await;
    pump.expect("a thing");
    let settings = MqttUserSettings {
        policies: Vec::new(),
        thing: Some("pump".into()),
    };
    let made = identity.create_mqtt_user(ACCOUNT, "pump-user", &settings, None);
    made.await.expect("an MQTT user");
    let name: Arc<str> = "mqtt-user/pump-user".into();
    let named = NamedPrincipal {
        name: name.clone(),
        proof: name,
    };
    let now = || house.directory.named(ACCOUNT, &named);
    let before = now().await.expect("known");
    assert!(deciding(&before, "any").is_empty());
    let added = fleet.add_to_group(ACCOUNT, "pump", "plant").await;
    added.expect("added");
    assert!(before.is_stale());
    let within = now().await.expect("known");
    assert_eq!(deciding(&within, "any"), ["all"]);
    let done = fleet.delete_group(ACCOUNT, "plant", None).await;
    done.expect("deleted");
    assert!(within.is_stale());
    assert!(deciding(&now().await.expect("known"), "any").is_empty());
}

#[tokio::test]
async fn groups_are_targets_beside_certificates() {
    let house = house().await;
    let (identity, fleet) = (&house.identity, fleet(&house));
    let plant = group(&fleet, "plant", None).await;
    let hall = group(&fleet, "hall", Some("plant")).await;
    let first = Target::from(device(&house, &[]).await.certificate.id);
    for number in 0..=POLICIES_PER_TARGET_MAX {
        let name = format!("p{number:02}");
        policy(&house, &name, ALLOW).await;
        let attached = identity.attach_policy(ACCOUNT, &name, plant.clone()).await;
        assert_eq!(attached.is_ok(), number < POLICIES_PER_TARGET_MAX);
    }
    for target in [&hall, &first] {
        let attached = identity.attach_policy(ACCOUNT, "p00", target.clone()).await;
        attached.expect("attached");
    }
    let nowhere = Target::Group("nowhere".into());
    let refused = identity.attach_policy(ACCOUNT, "p00", nowhere).await;
    assert!(matches!(
        refused,
        Err(IdentityError::NotFound {
            what: "thing group",
            ..
        })
    ));
    let (mut found, mut after) = (Vec::new(), None::<Target>);
    loop {
        let page = identity
            .policy_targets(ACCOUNT, "p00", after.as_ref(), 1)
            .await;
        let page = page.expect("a page");
        found.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, [first, hall.clone(), plant]);
    let own = identity.attached_policies(ACCOUNT, hall).await;
    assert_eq!(own.expect("read"), ["p00"]);
    let inherited = identity.inherited_policies(ACCOUNT, "hall").await;
    assert_eq!(inherited.expect("read").len(), POLICIES_PER_TARGET_MAX);
    let held = identity.delete_policy(ACCOUNT, "p01").await;
    assert!(matches!(held, Err(IdentityError::InUse(_))));
    for name in ["hall", "plant"] {
        let done = fleet.delete_group(ACCOUNT, name, None).await;
        done.expect("deleted");
    }
    let done = identity.delete_policy(ACCOUNT, "p01").await;
    done.expect("nobody has it any more");
}

#[tokio::test]
async fn another_accounts_group_is_no_target() {
    let house = house().await;
    let (identity, fleet) = (&house.identity, fleet(&house));
    let other = identity.ensure_account(OTHER, "other").await;
    other.expect("an account");
    let plant = group(&fleet, "plant", None).await;
    let theirs = identity.create_policy(OTHER, "theirs", ALLOW).await;
    theirs.expect("a policy");
    let missing = |error: IdentityError| matches!(error, IdentityError::NotFound { .. });
    let refused = identity.attach_policy(OTHER, "theirs", plant.clone()).await;
    assert!(refused.is_err_and(missing));
    assert!(
        identity
            .check_target(OTHER, &plant)
            .await
            .is_err_and(missing)
    );
    let effective = identity.effective_policies(OTHER, Some(&plant), None).await;
    assert!(effective.is_err_and(missing));
    let inherited = identity.inherited_policies(OTHER, "plant").await;
    assert!(inherited.expect("read").is_empty());
}
