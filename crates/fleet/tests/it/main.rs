// SPDX-License-Identifier: Apache-2.0
//! The registry over a real catalog.

mod attachments;
mod groups;
mod memberships;
mod tags;
mod types;
mod update;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use hw_fleet::principals::Attachment;
use hw_fleet::things::ThingFilter;
use hw_fleet::{Fleet, FleetError};
use hw_kernel::Clock;
use hw_kernel::admission::{AdmissionChanges, Touched};
use hw_kernel::port::catalog::Statement;
use hw_kernel::port::clock::SystemClock;
use hw_model::{AccountId, CertificateId};

const ACCOUNT: AccountId = AccountId::FIRST;

/// Keeps what was touched, for the test to look at.
#[derive(Default)]
struct Told(Mutex<Vec<(AccountId, Touched)>>);

impl AdmissionChanges for Told {
    fn touched(&self, account: AccountId, what: &Touched) {
        self.0.lock().expect("whole").push((account, what.clone()));
    }
}

impl Told {
    /// What was touched since it was last asked.
    fn take(&self) -> Vec<(AccountId, Touched)> {
        std::mem::take(&mut self.0.lock().expect("whole"))
    }
}

async fn fleet() -> (tempfile::TempDir, Arc<dyn hw_kernel::Catalog>, Fleet) {
    fleet_with(Arc::new(SystemClock::default()), Arc::default()).await
}

async fn fleet_with(
    clock: Arc<dyn Clock>,
    told: Arc<Told>,
) -> (tempfile::TempDir, Arc<dyn hw_kernel::Catalog>, Fleet) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite://{}", folder.path().join("catalog.db").display());
    let catalog = hw_catalog::open_url(&url).await.expect("a catalog");
    for account in [ACCOUNT, AccountId::MAX] {
        let sql = "INSERT INTO accounts (account, name, created_us) VALUES ($1, 'a', 0)";
        catalog
            .write(vec![Statement::new(sql, vec![account.into()])])
            .await
            .expect("an account");
    }
    let fleet = Fleet::new(catalog.clone(), clock, told);
    (folder, catalog, fleet)
}

async fn register(catalog: &dyn hw_kernel::Catalog, id: CertificateId) {
    register_in(catalog, ACCOUNT, id).await;
}

async fn register_in(catalog: &dyn hw_kernel::Catalog, account: AccountId, id: CertificateId) {
    let sql =
        "INSERT INTO certificates VALUES ($1, $2, '', 'ACTIVE', 'DEFAULT', '', 1, '', 0, 0, 0, 0)";
    let args = vec![account.into(), id.to_string().into()];
    let made = catalog.write(vec![Statement::new(sql, args)]).await;
    made.expect("a certificate");
}

fn attributes(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[tokio::test]
async fn the_same_again_is_the_same_and_other_content_is_a_conflict() {
    let (_folder, _, fleet) = fleet().await;
    let site = attributes(&[("site", "north")]);
    let made = fleet
        .create_thing(ACCOUNT, "meter", site.clone())
        .await
        .expect("made");
    assert_eq!(
        fleet
            .create_thing(ACCOUNT, "meter", site)
            .await
            .expect("again"),
        made
    );
    let other = fleet.create_thing(ACCOUNT, "meter", attributes(&[])).await;
    assert!(matches!(other, Err(FleetError::Exists { .. })));
    assert!(matches!(
        fleet.thing(AccountId::MAX, "meter").await,
        Err(FleetError::NotFound(_))
    ));
    let many = attributes(&[("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")]);
    for (name, attributes) in [
        ("a/b", attributes(&[])),
        ("x", many),
        ("y", attributes(&[("a", " ")])),
    ] {
        let refused = fleet.create_thing(ACCOUNT, name, attributes).await;
        assert!(matches!(refused, Err(FleetError::Invalid(_))), "{name}");
    }
}

#[tokio::test]
async fn pages_are_whole_with_and_without_a_filter() {
    let (_folder, _, fleet) = fleet().await;
    for n in 0..7 {
        let site = attributes(&[("site", if n % 2 == 0 { "north" } else { "south" })]);
        fleet
            .create_thing(ACCOUNT, &format!("t{n}"), site)
            .await
            .expect("made");
    }
    let north = ThingFilter {
        attribute_name: Some("site".into()),
        attribute_value: Some("nor".into()),
        prefix: true,
        thing_type: None,
    };
    for (filter, wanted) in [(ThingFilter::default(), 7), (north, 4)] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = fleet
                .things(ACCOUNT, &filter, after.as_deref(), 2)
                .await
                .expect("a page");
            assert!(page.things.len() <= 2);
            found.extend(page.things.into_iter().map(|thing| thing.name));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found.len(), wanted, "{found:?}");
        assert!(found.is_sorted());
    }
}

#[tokio::test]
async fn a_thing_with_principals_stays() {
    let (_folder, catalog, fleet) = fleet().await;
    let id = CertificateId([1; 32]);
    fleet
        .create_thing(ACCOUNT, "meter", attributes(&[]))
        .await
        .expect("made");
    let attach = || fleet.attach_principal(ACCOUNT, "meter", id, Default::default());
    assert!(matches!(attach().await, Err(FleetError::NoCertificate(_))));
    register(catalog.as_ref(), id).await;
    attach().await.expect("attached");
    attach().await.expect("attached again");
    let refused = fleet.delete_thing(ACCOUNT, "meter", None).await;
    assert!(
        matches!(refused, Err(FleetError::Attached(_))),
        "{refused:?}"
    );
    fleet
        .detach_principal(ACCOUNT, "meter", id)
        .await
        .expect("detached");
    let stale = fleet.delete_thing(ACCOUNT, "meter", Some(9)).await;
    assert!(matches!(stale, Err(FleetError::Version { .. })));
    fleet
        .delete_thing(ACCOUNT, "meter", Some(1))
        .await
        .expect("deleted");
    fleet
        .delete_thing(ACCOUNT, "meter", None)
        .await
        .expect("deleted already");
}

#[tokio::test]
async fn of_two_exclusive_attachments_at_once_one_is_refused() {
    let (_folder, catalog, fleet) = fleet().await;
    for name in ["a", "b"] {
        let made = fleet.create_thing(ACCOUNT, name, attributes(&[])).await;
        made.expect("made");
    }
    for n in 0..20 {
        let id = CertificateId([n; 32]);
        register(catalog.as_ref(), id).await;
        let how = Attachment::Exclusive;
        let (a, b) = tokio::join!(
            fleet.attach_principal(ACCOUNT, "a", id, how),
            fleet.attach_principal(ACCOUNT, "b", id, how),
        );
        assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
        let first = if a.is_ok() { "a" } else { "b" };
        let again = fleet.attach_principal(ACCOUNT, first, id, Attachment::NonExclusive);
        again.await.expect("the same again, otherwise");
        let other = if a.is_ok() { "b" } else { "a" };
        let refused = fleet.attach_principal(ACCOUNT, other, id, how).await;
        assert!(matches!(refused, Err(FleetError::Invalid(_))));
        let both = fleet.attach_principal(ACCOUNT, other, id, Attachment::NonExclusive);
        both.await.expect("beside it, as neither is exclusive");
    }
}
