// SPDX-License-Identifier: Apache-2.0
//! Types: what they let things be, deprecated and deleted by the clock, and never another account's.

use std::sync::Arc;
use std::time::Duration;

use hw_fleet::things::ThingUpdate;
use hw_fleet::types::{DELETE_AFTER, TypeProperties, TypeUpdate};
use hw_fleet::{Fleet, FleetError};
use hw_kernel::testkit::clock::SimulatedClock;
use hw_model::{AccountId, Timestamp};

use crate::{ACCOUNT, attributes, fleet, fleet_with};

const OTHER: AccountId = AccountId::MAX;

fn properties(description: &str) -> TypeProperties {
    TypeProperties {
        description: Some(description.to_owned()),
        searchable_attributes: vec!["dn".to_owned()],
    }
}

async fn make(fleet: &Fleet, name: &str) {
    let made = fleet.create_type(ACCOUNT, name, TypeProperties::default(), &[]);
    made.await.expect("made");
}

fn to_type(name: &str) -> ThingUpdate {
    ThingUpdate {
        thing_type: Some(name.to_owned()),
        ..ThingUpdate::default()
    }
}

fn is_missing<T: std::fmt::Debug>(result: Result<T, FleetError>) {
    assert!(
        matches!(result, Err(FleetError::Missing { .. })),
        "{result:?}"
    );
}

fn is_invalid<T: std::fmt::Debug>(result: Result<T, FleetError>) {
    assert!(matches!(result, Err(FleetError::Invalid(_))), "{result:?}");
}

#[tokio::test]
async fn the_same_again_is_the_same_and_other_properties_are_a_conflict() {
    let (_folder, _, fleet) = fleet().await;
    let create = |text| fleet.create_type(ACCOUNT, "meter", properties(text), &[]);
    let made = create("a meter").await.expect("made");
    assert_eq!(create("a meter").await.expect("again"), made);
    let other = create("another").await;
    assert!(matches!(other, Err(FleetError::Exists { id, .. }) if id == made.id));
    let update = TypeUpdate {
        description: Some("another".into()),
        expected_version: Some(1),
        ..TypeUpdate::default()
    };
    let updated = fleet.update_type(ACCOUNT, "meter", &update).await;
    updated.expect("updated");
    let stale = fleet.update_type(ACCOUNT, "meter", &update).await;
    assert!(matches!(
        stale,
        Err(FleetError::Version {
            expected: 1,
            found: 2,
            ..
        })
    ));
    assert_eq!(create("another").await.expect("now it is").id, made.id);
    let many = vec!["a".to_owned(); 4];
    let too_many = TypeUpdate {
        searchable_attributes: Some(many.clone()),
        ..TypeUpdate::default()
    };
    is_invalid(fleet.update_type(ACCOUNT, "meter", &too_many).await);
    for (name, description, searchable) in [
        ("a b", "", vec![]),
        ("x", "two\nlines", vec![]),
        ("x", "", many),
        ("x", "", vec!["a b".to_owned()]),
    ] {
        let properties = TypeProperties {
            description: Some(description.to_owned()),
            searchable_attributes: searchable,
        };
        is_invalid(fleet.create_type(ACCOUNT, name, properties, &[]).await);
    }
    let nothing = TypeUpdate::default();
    is_missing(fleet.update_type(ACCOUNT, "x", &nothing).await);
}

#[tokio::test]
async fn things_have_types_that_are_there() {
    let (_folder, _, fleet) = fleet().await;
    make(&fleet, "meter").await;
    let create = |name, of, count: usize| {
        let pairs = (0..count).map(|n| (format!("a{n}"), "1".to_owned()));
        fleet.create_thing_of_type(ACCOUNT, name, Some(of), pairs.collect())
    };
    is_missing(create("t", "none", 0).await);
    is_invalid(create("t", "meter", 51).await);
    let made = create("t", "meter", 50).await.expect("made");
    assert_eq!(made.thing_type.as_deref(), Some("meter"));
    assert_eq!(create("t", "meter", 50).await.expect("again"), made);
    let other = create("t", "none", 50).await;
    assert!(
        matches!(other, Err(FleetError::Exists { .. })),
        "it is there already, whatever the type"
    );
    let untyped = ThingUpdate {
        remove_type: true,
        ..ThingUpdate::default()
    };
    is_invalid(fleet.update_thing(ACCOUNT, "t", &untyped).await);
    is_missing(fleet.update_thing(ACCOUNT, "t", &to_type("none")).await);
    let both = ThingUpdate {
        remove_type: true,
        ..to_type("meter")
    };
    is_invalid(fleet.update_thing(ACCOUNT, "t", &both).await);
    let plain = ThingUpdate {
        attributes: Some(attributes(&[("a", "1")])),
        ..untyped
    };
    let thing = fleet.update_thing(ACCOUNT, "t", &plain).await;
    assert_eq!(thing.expect("updated").thing_type, None);
    let thing = fleet.update_thing(ACCOUNT, "t", &to_type("meter")).await;
    assert_eq!(thing.expect("updated").thing_type.as_deref(), Some("meter"));
}

#[tokio::test]
async fn a_deprecated_type_is_given_to_no_thing() {
    let (_folder, _, fleet) = fleet().await;
    make(&fleet, "meter").await;
    let create = |name| fleet.create_thing_of_type(ACCOUNT, name, Some("meter"), attributes(&[]));
    let first = create("first").await.expect("made");
    fleet
        .create_thing(ACCOUNT, "plain", attributes(&[]))
        .await
        .expect("made");
    let deprecate = |undo| fleet.deprecate_type(ACCOUNT, "meter", undo);
    deprecate(false).await.expect("done");
    let since = fleet.thing_type(ACCOUNT, "meter").await.expect("there");
    assert!(since.deprecated.is_some());
    deprecate(false).await.expect("done already");
    let again = fleet.thing_type(ACCOUNT, "meter").await.expect("there");
    assert_eq!(again.deprecated, since.deprecated, "since when stays");
    is_invalid(create("second").await);
    is_invalid(
        fleet
            .update_thing(ACCOUNT, "plain", &to_type("meter"))
            .await,
    );
    assert_eq!(create("first").await.expect("the same again"), first);
    let kept = fleet
        .update_thing(ACCOUNT, "first", &to_type("meter"))
        .await;
    kept.expect("it has it already");
    deprecate(true).await.expect("undone");
    create("second").await.expect("made");
    is_missing(fleet.deprecate_type(ACCOUNT, "none", false).await);
}

#[tokio::test]
async fn a_type_goes_five_minutes_after_it_was_deprecated_and_when_nothing_has_it() {
    let clock = SimulatedClock::at(Timestamp(1_700_000_000_000_000));
    let (_folder, _, fleet) = fleet_with(Arc::new(clock.clone()), Arc::default()).await;
    make(&fleet, "meter").await;
    let thing = fleet.create_thing_of_type(ACCOUNT, "t", Some("meter"), attributes(&[]));
    thing.await.expect("made");
    let delete = || fleet.delete_type(ACCOUNT, "meter");
    let why = |result: Result<(), FleetError>| result.expect_err("refused").to_string();
    assert!(why(delete().await).contains("must be deprecated"));
    let deprecate = fleet.deprecate_type(ACCOUNT, "meter", false);
    deprecate.await.expect("deprecated");
    clock.advance(DELETE_AFTER - Duration::from_micros(1));
    assert!(why(delete().await).contains("5 minutes"));
    clock.advance(Duration::from_micros(1));
    assert!(why(delete().await).contains("the type of things"));
    fleet.delete_thing(ACCOUNT, "t", None).await.expect("gone");
    delete().await.expect("deleted");
    is_missing(delete().await);
}

#[tokio::test]
async fn pages_are_whole_and_another_accounts_types_are_not_there() {
    let (_folder, _, fleet) = fleet().await;
    for name in ["c", "a", "b"] {
        make(&fleet, name).await;
    }
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = fleet.thing_types(ACCOUNT, None, after.as_deref(), 2).await;
        let page = page.expect("a page");
        assert!(page.types.len() <= 2);
        found.extend(page.types.into_iter().map(|one| one.name));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, ["a", "b", "c"]);
    for (only, wanted) in [("b", 1), ("d", 0)] {
        let page = fleet.thing_types(ACCOUNT, Some(only), None, 250).await;
        assert_eq!(page.expect("a page").types.len(), wanted);
    }
    let theirs = fleet.thing_types(OTHER, None, None, 250).await;
    assert!(theirs.expect("a page").types.is_empty());
    is_missing(fleet.thing_type(OTHER, "a").await);
    is_missing(fleet.delete_type(OTHER, "a").await);
    is_missing(fleet.deprecate_type(OTHER, "a", false).await);
    let nothing = TypeUpdate::default();
    is_missing(fleet.update_type(OTHER, "a", &nothing).await);
    let thing = fleet.create_thing_of_type(OTHER, "t", Some("a"), attributes(&[]));
    is_missing(thing.await);
    assert!(
        fleet
            .thing_type(ACCOUNT, "a")
            .await
            .expect("there")
            .deprecated
            .is_none()
    );
}
