// SPDX-License-Identifier: Apache-2.0
//! Tags: fifty of a resource, gone with it, and never another account's.

use hw_fleet::groups::GroupProperties;
use hw_fleet::{Fleet, FleetError};
use hw_model::arn::Kind;
use hw_model::tag::TAGS_MAX;
use hw_model::{AccountId, Tag};

use crate::{ACCOUNT, fleet};

const OTHER: AccountId = AccountId::MAX;
const PLANT: (Kind, &str) = (Kind::ThingGroup, "plant");

fn tag(key: &str, value: &str) -> Tag {
    Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    }
}

async fn plant(fleet: &Fleet, tags: &[Tag]) {
    let none = GroupProperties::default();
    let made = fleet.create_group(ACCOUNT, "plant", None, none, tags).await;
    made.expect("made");
}

#[tokio::test]
async fn they_come_with_a_resource_change_and_go_with_it() {
    let (_folder, _, fleet) = fleet().await;
    plant(&fleet, &[tag("b", "2"), tag("a", "1")]).await;
    let all = || fleet.tags(ACCOUNT, PLANT);
    assert_eq!(all().await.expect("read"), [tag("a", "1"), tag("b", "2")]);
    let more = [tag("b", "3"), tag("c", "")];
    let done = fleet.tag(ACCOUNT, PLANT, &more).await;
    done.expect("tagged");
    assert_eq!(
        all().await.expect("read"),
        [tag("a", "1"), tag("b", "3"), tag("c", "")]
    );
    let keys = ["a".to_owned(), "z".to_owned()];
    fleet.untag(ACCOUNT, PLANT, &keys).await.expect("untagged");
    assert_eq!(all().await.expect("read"), [tag("b", "3"), tag("c", "")]);
    let done = fleet.delete_group(ACCOUNT, "plant", None).await;
    done.expect("deleted");
    assert!(matches!(all().await, Err(FleetError::Missing { .. })));
    plant(&fleet, &[]).await;
    assert!(all().await.expect("read").is_empty(), "it is another one");
}

#[tokio::test]
async fn fifty_at_most_whoever_comes_at_once() {
    let (_folder, _, fleet) = fleet().await;
    plant(&fleet, &[]).await;
    let some = |from: usize, to: usize| -> Vec<Tag> {
        (from..to).map(|n| tag(&format!("k{n}"), "")).collect()
    };
    let full = fleet.tag(ACCOUNT, PLANT, &some(0, TAGS_MAX - 1)).await;
    full.expect("49");
    let (one, two) = (some(100, 101), some(101, 102));
    let (one, two) = tokio::join!(
        fleet.tag(ACCOUNT, PLANT, &one),
        fleet.tag(ACCOUNT, PLANT, &two),
    );
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let refused = fleet.tag(ACCOUNT, PLANT, &some(200, 201)).await;
    assert!(matches!(refused, Err(FleetError::Limit(_))), "{refused:?}");
    let known = fleet.tag(ACCOUNT, PLANT, &[tag("k0", "new")]).await;
    known.expect("one that it has");
    for bad in [
        some(0, TAGS_MAX + 1),
        vec![tag("aws:x", "")],
        vec![tag("", "")],
        vec![tag("a", "1"), tag("a", "2")],
    ] {
        let refused = fleet.tag(ACCOUNT, PLANT, &bad).await;
        assert!(matches!(refused, Err(FleetError::Invalid(_))), "{bad:?}");
    }
}

#[tokio::test]
async fn another_accounts_are_not_there() {
    let (_folder, _, fleet) = fleet().await;
    plant(&fleet, &[tag("a", "1")]).await;
    let missing = |error: FleetError| matches!(error, FleetError::Missing { .. });
    assert!(fleet.tags(OTHER, PLANT).await.is_err_and(missing));
    let tagged = fleet.tag(OTHER, PLANT, &[tag("a", "2")]).await;
    assert!(tagged.is_err_and(missing));
    let untagged = fleet.untag(OTHER, PLANT, &["a".to_owned()]).await;
    assert!(untagged.is_err_and(missing));
    for kind in [Kind::ThingType, Kind::Policy, Kind::Authorizer, Kind::Thing] {
        let of_kind = fleet.tags(ACCOUNT, (kind, "plant")).await;
        assert!(of_kind.is_err_and(missing), "{kind:?}");
    }
    let ours = fleet.tags(ACCOUNT, PLANT).await.expect("read");
    assert_eq!(ours, [tag("a", "1")]);
}
