// SPDX-License-Identifier: Apache-2.0
//! UpdateThing: merged and replaced attributes, versions, and two at once.

use hw_fleet::FleetError;
use hw_fleet::things::ThingUpdate;
use hw_model::AccountId;

use crate::{ACCOUNT, attributes, fleet};

fn merge(pairs: &[(&str, &str)]) -> ThingUpdate {
    ThingUpdate {
        attributes: Some(attributes(pairs)),
        merge: true,
        ..ThingUpdate::default()
    }
}

#[tokio::test]
async fn attributes_are_merged_replaced_and_removed() {
    let (_folder, _, fleet) = fleet().await;
    let first = attributes(&[("site", "north"), ("floor", "1")]);
    let made = fleet.create_thing(ACCOUNT, "meter", first).await;
    made.expect("made");
    let other = fleet
        .create_thing(AccountId::MAX, "meter", attributes(&[]))
        .await;
    other.expect("another account's, of the same name");
    let replace = ThingUpdate {
        merge: false,
        ..merge(&[("floor", "3"), ("gone", "")])
    };
    for (update, wanted) in [
        (
            merge(&[("floor", "2")]),
            vec![("floor", "2"), ("site", "north")],
        ),
        (
            merge(&[("site", ""), ("room", "a")]),
            vec![("floor", "2"), ("room", "a")],
        ),
        (ThingUpdate::default(), vec![("floor", "2"), ("room", "a")]),
        (replace, vec![("floor", "3")]),
    ] {
        let before = fleet.thing(ACCOUNT, "meter").await.expect("there").version;
        let thing = fleet.update_thing(ACCOUNT, "meter", &update).await;
        let thing = thing.expect("updated");
        assert_eq!(thing.attributes, attributes(&wanted));
        assert_eq!(thing.version, before + 1);
        assert_eq!(fleet.thing(ACCOUNT, "meter").await.expect("there"), thing);
    }
    let other = fleet.thing(AccountId::MAX, "meter").await.expect("there");
    assert_eq!((other.version, other.attributes.len()), (1, 0));
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let (_folder, _, fleet) = fleet().await;
    let made = fleet.create_thing(ACCOUNT, "meter", attributes(&[("a", "1"), ("b", "1")]));
    let made = made.await.expect("made");
    for update in [
        merge(&[("c", "1"), ("d", "1")]),
        merge(&[("c d", "1")]),
        merge(&[("c", "ü")]),
    ] {
        let refused = fleet.update_thing(ACCOUNT, "meter", &update).await;
        assert!(
            matches!(refused, Err(FleetError::Invalid(_))),
            "{refused:?}"
        );
    }
    for expected in [2, 0, i64::MIN, i64::MAX] {
        let update = ThingUpdate {
            expected_version: Some(expected),
            ..merge(&[("a", "2")])
        };
        let refused = fleet.update_thing(ACCOUNT, "meter", &update).await;
        assert!(
            matches!(refused, Err(FleetError::Version { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(fleet.thing(ACCOUNT, "meter").await.expect("there"), made);
    let nobody = fleet
        .update_thing(AccountId::MAX, "meter", &merge(&[]))
        .await;
    assert!(matches!(nobody, Err(FleetError::NotFound(_))));
}

#[tokio::test]
async fn changes_at_once_are_all_kept() {
    let (_folder, _, fleet) = fleet().await;
    fleet
        .create_thing(ACCOUNT, "meter", attributes(&[]))
        .await
        .expect("made");
    for round in 0..10 {
        let value = round.to_string();
        let (a, b, c) = (
            merge(&[("a", &value)]),
            merge(&[("b", &value)]),
            merge(&[("c", &value)]),
        );
        let (a, b, c) = tokio::join!(
            fleet.update_thing(ACCOUNT, "meter", &a),
            fleet.update_thing(ACCOUNT, "meter", &b),
            fleet.update_thing(ACCOUNT, "meter", &c),
        );
        a.and(b).and(c).expect("all updated");
    }
    let thing = fleet.thing(ACCOUNT, "meter").await.expect("there");
    assert_eq!(thing.version, 31);
    assert_eq!(
        thing.attributes,
        attributes(&[("a", "9"), ("b", "9"), ("c", "9")])
    );
    let expected = |version| ThingUpdate {
        expected_version: Some(version),
        ..merge(&[("a", "10")])
    };
    let (one, other) = (expected(31), expected(31));
    let (one, other) = tokio::join!(
        fleet.update_thing(ACCOUNT, "meter", &one),
        fleet.update_thing(ACCOUNT, "meter", &other),
    );
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
}
