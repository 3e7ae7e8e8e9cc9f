// SPDX-License-Identifier: Apache-2.0
//! Groups: a forest with limits, changed by version, and never another account's.

use hw_fleet::groups::{
    CHILDREN_MAX, GroupProperties, GroupQuery, GroupScope, GroupUpdate, LEVELS_MAX,
};
use hw_fleet::{Fleet, FleetError, ThingGroup};
use hw_model::AccountId;

use crate::{ACCOUNT, attributes, fleet};

const OTHER: AccountId = AccountId::MAX;

async fn create(fleet: &Fleet, name: &str, parent: Option<&str>) -> Result<ThingGroup, FleetError> {
    let none = GroupProperties::default();
    fleet.create_group(ACCOUNT, name, parent, none, &[]).await
}

/// plant > hall > line > cell, plant > yard, and depot beside them.
async fn forest(fleet: &Fleet) {
    for (name, parent) in [
        ("plant", None),
        ("hall", Some("plant")),
        ("line", Some("hall")),
        ("cell", Some("line")),
        ("yard", Some("plant")),
        ("depot", None),
    ] {
        create(fleet, name, parent).await.expect(name);
    }
}

async fn names(fleet: &Fleet, scope: GroupScope<'_>, prefix: &str) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let query = GroupQuery {
            scope,
            prefix,
            after: after.as_deref(),
            count: 2,
        };
        let page = fleet.groups(ACCOUNT, &query).await.expect("a page");
        assert!(page.names.len() <= 2);
        found.extend(page.names);
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

#[tokio::test]
async fn the_same_again_is_the_same_and_other_content_is_a_conflict() {
    let (_folder, _, fleet) = fleet().await;
    create(&fleet, "plant", None).await.expect("made");
    let content = GroupProperties {
        description: Some("a hall".into()),
        attributes: attributes(&[("site", "north")]),
    };
    let parent = Some("plant");
    let made = fleet.create_group(ACCOUNT, "hall", parent, content.clone(), &[]);
    let made = made.await.expect("made");
    let again = fleet.create_group(ACCOUNT, "hall", parent, content.clone(), &[]);
    assert_eq!(again.await.expect("again"), made);
    for (parent, properties) in [
        (None, content.clone()),
        (parent, GroupProperties::default()),
    ] {
        let other = fleet.create_group(ACCOUNT, "hall", parent, properties, &[]);
        let other = other.await;
        assert!(matches!(other, Err(FleetError::Exists { .. })), "{other:?}");
    }
    let missing = create(&fleet, "x", Some("nowhere")).await;
    assert!(matches!(missing, Err(FleetError::Missing { name, .. }) if name == "nowhere"));
    assert!(matches!(
        create(&fleet, "a b", None).await,
        Err(FleetError::Invalid(_))
    ));
}

#[tokio::test]
async fn seven_levels_and_a_hundred_groups_below_one() {
    let (_folder, _, fleet) = fleet().await;
    create(&fleet, "level-1", None).await.expect("made");
    for level in 2..=LEVELS_MAX {
        let (name, parent) = (format!("level-{level}"), format!("level-{}", level - 1));
        create(&fleet, &name, Some(&parent)).await.expect("made");
    }
    let parent = format!("level-{LEVELS_MAX}");
    let deeper = create(&fleet, "deeper", Some(&parent)).await;
    let why = deeper.expect_err("too deep");
    assert!(why.to_string().contains("has no more"), "{why}");
    let above = fleet.groups_above(ACCOUNT, &parent).await.expect("read");
    let wanted: Vec<_> = (1..LEVELS_MAX).map(|n| format!("level-{n}")).collect();
    assert_eq!(above, wanted, "from the top to the parent");
    // It has one.
    for n in 1..CHILDREN_MAX {
        let name = format!("child-{n}");
        create(&fleet, &name, Some("level-1")).await.expect("made");
    }
    let wider = create(&fleet, "wider", Some("level-1")).await;
    let why = wider.expect_err("too many");
    assert!(why.to_string().contains("100 groups"), "{why}");
    create(&fleet, "child-1", Some("level-1"))
        .await
        .expect("the same again");
}

#[tokio::test]
async fn lists_by_place_and_prefix() {
    let (_folder, _, fleet) = fleet().await;
    forest(&fleet).await;
    for (scope, prefix, wanted) in [
        (
            GroupScope::All,
            "",
            &["cell", "depot", "hall", "line", "plant", "yard"][..],
        ),
        (GroupScope::Top, "", &["depot", "plant"]),
        (GroupScope::Below("plant"), "", &["hall", "yard"]),
        (
            GroupScope::FarBelow("plant"),
            "",
            &["cell", "hall", "line", "yard"],
        ),
        (GroupScope::FarBelow("plant"), "ha", &["hall"]),
        (GroupScope::Below("yard"), "", &[]),
        (GroupScope::All, "p", &["plant"]),
        (GroupScope::All, "%", &[]),
    ] {
        assert_eq!(names(&fleet, scope, prefix).await, wanted, "{scope:?}");
    }
    let nowhere = GroupQuery {
        scope: GroupScope::Below("nowhere"),
        ..GroupQuery::default()
    };
    let nowhere = fleet.groups(ACCOUNT, &nowhere).await;
    assert!(matches!(nowhere, Err(FleetError::Missing { .. })));
}

#[tokio::test]
async fn changes_by_version() {
    let (_folder, _, fleet) = fleet().await;
    create(&fleet, "plant", None).await.expect("made");
    let merge = |pairs: &[(&str, &str)]| GroupUpdate {
        attributes: Some(attributes(pairs)),
        merge: true,
        ..GroupUpdate::default()
    };
    let described = GroupUpdate {
        description: Some("a plant".into()),
        ..GroupUpdate::default()
    };
    let (one, two, three) = (merge(&[("a", "1")]), merge(&[("b", "2")]), described);
    let (one, two, three) = tokio::join!(
        fleet.update_group(ACCOUNT, "plant", &one),
        fleet.update_group(ACCOUNT, "plant", &two),
        fleet.update_group(ACCOUNT, "plant", &three),
    );
    let mut versions = [one, two, three].map(|version| version.expect("updated"));
    versions.sort_unstable();
    assert_eq!(versions, [2, 3, 4]);
    let group = fleet.group(ACCOUNT, "plant").await.expect("there");
    assert_eq!(
        group.properties.attributes,
        attributes(&[("a", "1"), ("b", "2")])
    );
    assert_eq!(group.properties.description.as_deref(), Some("a plant"));
    let old = GroupUpdate {
        expected_version: Some(3),
        ..merge(&[("a", "")])
    };
    let refused = fleet.update_group(ACCOUNT, "plant", &old).await;
    assert!(matches!(refused, Err(FleetError::Version { found: 4, .. })));
    let gone = merge(&[("a", "")]);
    let gone = fleet.update_group(ACCOUNT, "plant", &gone).await;
    assert_eq!(gone.expect("updated"), 5);
    let group = fleet.group(ACCOUNT, "plant").await.expect("there");
    assert_eq!(group.properties.attributes, attributes(&[("b", "2")]));
}

#[tokio::test]
async fn a_group_goes_when_none_is_below_it() {
    let (_folder, _, fleet) = fleet().await;
    forest(&fleet).await;
    let held = fleet.delete_group(ACCOUNT, "hall", None).await;
    let why = held.expect_err("line is in it");
    assert!(why.to_string().contains("groups below it"), "{why}");
    let stale = fleet.delete_group(ACCOUNT, "cell", Some(2)).await;
    assert!(matches!(stale, Err(FleetError::Version { found: 1, .. })));
    let done = fleet.delete_group(ACCOUNT, "cell", Some(1)).await;
    done.expect("deleted");
    for name in ["cell", "line", "hall", "nowhere"] {
        let done = fleet.delete_group(ACCOUNT, name, None).await;
        done.expect(name);
    }
    assert_eq!(
        names(&fleet, GroupScope::FarBelow("plant"), "").await,
        ["yard"]
    );
    create(&fleet, "hall", None)
        .await
        .expect("nothing of the old one holds its name");
    let above = fleet.groups_above(ACCOUNT, "hall").await.expect("read");
    assert!(above.is_empty(), "{above:?}");
}

#[tokio::test]
async fn another_accounts_groups_are_not_there() {
    let (_folder, _, fleet) = fleet().await;
    forest(&fleet).await;
    let missing = |error: FleetError| matches!(error, FleetError::Missing { .. });
    assert!(fleet.group(OTHER, "plant").await.is_err_and(missing));
    let update = GroupUpdate::default();
    let updated = fleet.update_group(OTHER, "plant", &update).await;
    assert!(updated.is_err_and(missing));
    let below = fleet.create_group(OTHER, "x", Some("plant"), GroupProperties::default(), &[]);
    assert!(below.await.is_err_and(missing));
    let all = fleet.groups(OTHER, &GroupQuery::default()).await;
    assert!(all.expect("a page").names.is_empty());
    fleet
        .delete_group(OTHER, "depot", None)
        .await
        .expect("there is none of that name");
    fleet.group(ACCOUNT, "depot").await.expect("ours stays");
}
