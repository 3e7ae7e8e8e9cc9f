// SPDX-License-Identifier: Apache-2.0
//! Who is in which group: one of a tree, ten in all, and whom each change touches.

use std::sync::Arc;

use hw_fleet::groups::{GROUPS_OF_THING_MAX, GroupProperties};
use hw_fleet::search::Search;
use hw_fleet::{Fleet, FleetError};
use hw_kernel::admission::Touched;
use hw_kernel::port::clock::SystemClock;
use hw_model::AccountId;

use crate::{ACCOUNT, Told, attributes, fleet, fleet_with};

const OTHER: AccountId = AccountId::MAX;

async fn group(fleet: &Fleet, name: &str, parent: Option<&str>) {
    let none = GroupProperties::default();
    let made = fleet.create_group(ACCOUNT, name, parent, none, &[]).await;
    made.expect("made");
}

async fn thing(fleet: &Fleet, name: &str) {
    let made = fleet.create_thing(ACCOUNT, name, attributes(&[])).await;
    made.expect("made");
}

async fn groups_of(fleet: &Fleet, thing: &str) -> Vec<String> {
    let page = fleet.groups_of_thing(ACCOUNT, thing, None, 250).await;
    page.expect("a page").names
}

async fn things_in(fleet: &Fleet, group: &str, far: bool) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = fleet.things_in_group(ACCOUNT, group, far, after.as_deref(), 2);
        let page = page.await.expect("a page");
        found.extend(page.names);
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

#[tokio::test]
async fn both_sides_are_listed_whole() {
    let (_folder, _, fleet) = fleet().await;
    group(&fleet, "plant", None).await;
    group(&fleet, "hall", Some("plant")).await;
    group(&fleet, "depot", None).await;
    for (name, of) in [("a", "plant"), ("b", "hall"), ("c", "hall"), ("d", "depot")] {
        thing(&fleet, name).await;
        for _ in 0..2 {
            let added = fleet.add_to_group(ACCOUNT, name, of).await;
            added.expect("in it, or in it already");
        }
    }
    let added = fleet.add_to_group(ACCOUNT, "a", "depot").await;
    added.expect("in another tree, too");
    assert_eq!(groups_of(&fleet, "a").await, ["depot", "plant"]);
    assert_eq!(things_in(&fleet, "plant", false).await, ["a"]);
    assert_eq!(things_in(&fleet, "plant", true).await, ["a", "b", "c"]);
    assert_eq!(things_in(&fleet, "hall", true).await, ["b", "c"]);
    for _ in 0..2 {
        let removed = fleet.remove_from_group(ACCOUNT, "b", "hall").await;
        removed.expect("out of it, or out already");
    }
    assert_eq!(things_in(&fleet, "plant", true).await, ["a", "c"]);
    fleet.delete_thing(ACCOUNT, "c", None).await.expect("gone");
    assert_eq!(things_in(&fleet, "plant", true).await, ["a"]);
    thing(&fleet, "c").await;
    assert!(groups_of(&fleet, "c").await.is_empty(), "it is another one");
    let missing = |error: FleetError| matches!(error, FleetError::Missing { .. });
    let nowhere = fleet.add_to_group(ACCOUNT, "c", "nowhere").await;
    assert!(nowhere.is_err_and(missing));
    let nothing = fleet.add_to_group(ACCOUNT, "z", "plant").await;
    assert!(matches!(nothing, Err(FleetError::NotFound(_))));
    let nowhere = fleet.remove_from_group(ACCOUNT, "c", "nowhere").await;
    assert!(nowhere.is_err_and(missing));
    let of_nothing = fleet.groups_of_thing(ACCOUNT, "z", None, 1).await;
    assert!(matches!(of_nothing, Err(FleetError::NotFound(_))));
}

#[tokio::test]
async fn one_group_of_a_tree_and_ten_in_all() {
    let (_folder, _, fleet) = fleet().await;
    thing(&fleet, "t").await;
    group(&fleet, "plant", None).await;
    for name in ["hall", "yard"] {
        group(&fleet, name, Some("plant")).await;
    }
    let added = fleet.add_to_group(ACCOUNT, "t", "hall").await;
    added.expect("added");
    for other in ["plant", "yard"] {
        let refused = fleet.add_to_group(ACCOUNT, "t", other).await;
        let why = refused.expect_err("of the same tree").to_string();
        assert!(why.contains("tree of plant"), "{why}");
    }
    let (to, from) = (["yard".to_owned()], ["hall".to_owned()]);
    let moved = fleet.change_groups(ACCOUNT, "t", &to, &from).await;
    moved.expect("out of one, into the other");
    assert_eq!(groups_of(&fleet, "t").await, ["yard"]);
    let mut more = Vec::new();
    for n in 1..=GROUPS_OF_THING_MAX {
        let name = format!("top-{n:02}");
        group(&fleet, &name, None).await;
        more.push(name);
    }
    let refused = fleet.change_groups(ACCOUNT, "t", &more, &[]).await;
    let why = refused.expect_err("eleven").to_string();
    assert!(why.contains("at most 10 thing groups"), "{why}");
    assert_eq!(groups_of(&fleet, "t").await, ["yard"], "nothing of it");
    let done = fleet.change_groups(ACCOUNT, "t", &more[1..], &[]).await;
    done.expect("ten");
    assert_eq!(groups_of(&fleet, "t").await.len(), GROUPS_OF_THING_MAX);
    let both = ["hall".to_owned(), "yard".to_owned()];
    let refused = fleet.change_groups(ACCOUNT, "t", &both, &more[1..]).await;
    assert!(matches!(refused, Err(FleetError::Invalid(_))));
    assert_eq!(groups_of(&fleet, "t").await.len(), GROUPS_OF_THING_MAX);
}

#[tokio::test]
async fn of_two_groups_of_a_tree_at_once_one_is_refused() {
    let (_folder, _, fleet) = fleet().await;
    group(&fleet, "plant", None).await;
    for name in ["hall", "yard"] {
        group(&fleet, name, Some("plant")).await;
    }
    for n in 0..10 {
        let name = format!("t{n}");
        thing(&fleet, &name).await;
        let (one, other) = tokio::join!(
            fleet.add_to_group(ACCOUNT, &name, "hall"),
            fleet.add_to_group(ACCOUNT, &name, "yard"),
        );
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        assert_eq!(groups_of(&fleet, &name).await.len(), 1);
    }
}

#[tokio::test]
async fn every_change_says_whom_it_touches() {
    let told = Arc::new(Told::default());
    let clock = Arc::new(SystemClock::default());
    let (_folder, _, fleet) = fleet_with(clock, told.clone()).await;
    thing(&fleet, "t").await;
    group(&fleet, "plant", None).await;
    assert!(told.take().is_empty(), "nobody is in it");
    let of_thing = vec![(ACCOUNT, Touched::Thing("t".into()))];
    let added = fleet.add_to_group(ACCOUNT, "t", "plant").await;
    added.expect("added");
    assert_eq!(told.take(), of_thing);
    let removed = fleet.remove_from_group(ACCOUNT, "t", "plant").await;
    removed.expect("removed");
    assert_eq!(told.take(), of_thing);
    let added = fleet.add_to_group(ACCOUNT, "t", "plant").await;
    added.expect("added");
    told.take();
    let refused = fleet.add_to_group(ACCOUNT, "t", "nowhere").await;
    assert!(refused.is_err() && told.take().is_empty());
    let done = fleet.delete_group(ACCOUNT, "plant", None).await;
    done.expect("deleted");
    assert_eq!(told.take(), [(ACCOUNT, Touched::Group("plant".into()))]);
}

#[tokio::test]
async fn things_are_searched_by_group() {
    let (_folder, _, fleet) = fleet().await;
    group(&fleet, "plant", None).await;
    group(&fleet, "hall", Some("plant")).await;
    for (name, of) in [("m-1", "plant"), ("m-2", "hall"), ("v-1", "hall")] {
        thing(&fleet, name).await;
        let added = fleet.add_to_group(ACCOUNT, name, of).await;
        added.expect("added");
    }
    thing(&fleet, "m-3").await;
    let search = async |account, prefix: &str, group: Option<&str>| {
        let search = Search {
            prefix: prefix.to_owned(),
            group: group.map(str::to_owned),
            ..Search::default()
        };
        let page = fleet.search(account, &search, None, 10).await;
        let things = page.expect("a page").things.into_iter();
        things.map(|thing| thing.name).collect::<Vec<_>>()
    };
    assert_eq!(search(ACCOUNT, "", None).await.len(), 4);
    assert_eq!(
        search(ACCOUNT, "", Some("plant")).await,
        ["m-1", "m-2", "v-1"]
    );
    assert_eq!(search(ACCOUNT, "m", Some("hall")).await, ["m-2"]);
    assert!(search(ACCOUNT, "", Some("nowhere")).await.is_empty());
    assert!(search(OTHER, "", Some("plant")).await.is_empty());
}

#[tokio::test]
async fn another_accounts_things_and_groups_stay_apart() {
    let (_folder, _, fleet) = fleet().await;
    thing(&fleet, "t").await;
    group(&fleet, "plant", None).await;
    let theirs = fleet.create_thing(OTHER, "x", attributes(&[])).await;
    theirs.expect("made");
    let missing = |error: FleetError| matches!(error, FleetError::Missing { .. });
    let refused = fleet.add_to_group(OTHER, "x", "plant").await;
    assert!(refused.is_err_and(missing));
    let refused = fleet.add_to_group(ACCOUNT, "x", "plant").await;
    assert!(matches!(refused, Err(FleetError::NotFound(_))));
    let listed = fleet.things_in_group(OTHER, "plant", true, None, 9).await;
    assert!(listed.is_err_and(missing));
    let listed = fleet.groups_of_thing(OTHER, "t", None, 9).await;
    assert!(matches!(listed, Err(FleetError::NotFound(_))));
}
