// SPDX-License-Identifier: Apache-2.0
//! Who is attached to what, in pages, and never another account's.

use hw_fleet::FleetError;
use hw_fleet::principals::{Attachment, AttachmentQuery};
use hw_model::{AccountId, CertificateId};

use crate::{ACCOUNT, attributes, fleet, register_in};

const OTHER: AccountId = AccountId::MAX;

fn query(after: Option<&str>, count: usize) -> AttachmentQuery<'_> {
    AttachmentQuery {
        after,
        count,
        how: None,
    }
}

#[tokio::test]
async fn both_sides_are_listed_whole_and_of_one_account() {
    let (_folder, catalog, fleet) = fleet().await;
    let ids: Vec<_> = (1..=5).map(|n| CertificateId([n; 32])).collect();
    for account in [ACCOUNT, OTHER] {
        for name in ["a", "b", "c"] {
            let made = fleet.create_thing(account, name, attributes(&[])).await;
            made.expect("made");
        }
        for id in &ids {
            register_in(catalog.as_ref(), account, *id).await;
        }
    }
    for id in &ids {
        let how = Attachment::NonExclusive;
        let done = fleet.attach_principal(ACCOUNT, "a", *id, how).await;
        done.expect("attached");
    }
    for name in ["b", "c"] {
        let how = Attachment::NonExclusive;
        let done = fleet.attach_principal(ACCOUNT, name, ids[0], how).await;
        done.expect("attached");
    }
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = fleet
            .principals_of_thing(ACCOUNT, "a", &query(after.as_deref(), 2))
            .await;
        let page = page.expect("a page");
        assert!(page.items.len() <= 2);
        found.extend(page.items.into_iter().map(|(id, _)| id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let wanted: Vec<_> = ids.iter().map(ToString::to_string).collect();
    assert_eq!(found, wanted);
    let things = fleet
        .things_of_principal(ACCOUNT, ids[0], &query(None, 250))
        .await;
    let things: Vec<_> = things
        .expect("a page")
        .items
        .into_iter()
        .map(|(n, _)| n)
        .collect();
    assert_eq!(things, ["a", "b", "c"]);
    for account in [OTHER] {
        let page = fleet
            .principals_of_thing(account, "a", &query(None, 250))
            .await;
        assert!(page.expect("a page").items.is_empty());
        let page = fleet
            .things_of_principal(account, ids[0], &query(None, 250))
            .await;
        assert!(page.expect("a page").items.is_empty());
    }
    let (one, nobody) = (query(None, 1), CertificateId([9; 32]));
    let stranger = fleet.things_of_principal(ACCOUNT, nobody, &one).await;
    assert!(matches!(stranger, Err(FleetError::NoCertificate(_))));
    let nothing = fleet
        .principals_of_thing(ACCOUNT, "z", &query(None, 1))
        .await;
    assert!(matches!(nothing, Err(FleetError::NotFound(_))));
}

#[tokio::test]
async fn lists_can_be_narrowed_to_a_kind() {
    let (_folder, catalog, fleet) = fleet().await;
    let made = fleet.create_thing(ACCOUNT, "a", attributes(&[])).await;
    made.expect("made");
    let (one, two) = (CertificateId([1; 32]), CertificateId([2; 32]));
    for (id, how) in [
        (one, Attachment::Exclusive),
        (two, Attachment::NonExclusive),
    ] {
        register_in(catalog.as_ref(), ACCOUNT, id).await;
        let done = fleet.attach_principal(ACCOUNT, "a", id, how).await;
        done.expect("attached");
        let narrowed = AttachmentQuery {
            how: Some(how),
            ..query(None, 10)
        };
        let page = fleet.principals_of_thing(ACCOUNT, "a", &narrowed).await;
        assert_eq!(page.expect("a page").items, [(id.to_string(), how)]);
        let page = fleet.things_of_principal(ACCOUNT, id, &narrowed).await;
        assert_eq!(page.expect("a page").items, [("a".to_owned(), how)]);
    }
}

#[tokio::test]
async fn nobody_attaches_what_is_another_accounts() {
    let (_folder, catalog, fleet) = fleet().await;
    let (theirs, ours) = (CertificateId([1; 32]), CertificateId([2; 32]));
    register_in(catalog.as_ref(), OTHER, theirs).await;
    register_in(catalog.as_ref(), ACCOUNT, ours).await;
    fleet
        .create_thing(ACCOUNT, "mine", attributes(&[]))
        .await
        .expect("made");
    fleet
        .create_thing(OTHER, "theirs", attributes(&[]))
        .await
        .expect("made");
    let how = Attachment::NonExclusive;
    let refused = fleet.attach_principal(ACCOUNT, "mine", theirs, how).await;
    assert!(matches!(refused, Err(FleetError::NoCertificate(_))));
    let refused = fleet.attach_principal(ACCOUNT, "theirs", ours, how).await;
    assert!(matches!(refused, Err(FleetError::NotFound(_))));
}
