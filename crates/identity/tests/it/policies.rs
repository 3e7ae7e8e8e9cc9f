// SPDX-License-Identifier: Apache-2.0
//! Versions of policies, who has them, and that one account sees nothing of another's.

use hw_identity::IdentityError;
use hw_identity::page::ByCreation;
use hw_identity::policies::{POLICIES_PER_TARGET_MAX, VERSIONS_MAX};
use hw_kernel::Admission;
use hw_model::{AccountId, CertificateId};

use crate::{ACCOUNT, House, elsewhere, house};

const OTHER: AccountId = AccountId::MAX;
const DENY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iot:*","Resource":"*"}]}"#;
const ALLOW: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}"#;

fn newest_first(count: usize) -> ByCreation {
    ByCreation {
        ascending: false,
        after: None,
        count,
    }
}

async fn certificate(house: &House) -> CertificateId {
    let made = house
        .identity
        .create_keys_and_certificate(ACCOUNT, &house.authority, true)
        .await;
    made.expect("a certificate").certificate.id
}

#[tokio::test]
async fn five_versions_numbered_once() {
    let house = house().await;
    let identity = &house.identity;
    identity
        .create_policy(ACCOUNT, "p", ALLOW)
        .await
        .expect("made");
    for number in 2..=VERSIONS_MAX as i64 {
        let made = identity
            .create_policy_version(ACCOUNT, "p", DENY, false)
            .await;
        let made = made.expect("a version");
        assert_eq!((made.version, made.is_default), (number, false));
    }
    let sixth = identity
        .create_policy_version(ACCOUNT, "p", DENY, true)
        .await;
    assert!(
        matches!(sixth, Err(IdentityError::VersionsLimit(_))),
        "{sixth:?}"
    );
    assert_eq!(
        identity
            .policy(ACCOUNT, "p")
            .await
            .expect("there")
            .default_version,
        1
    );
    let default = identity.delete_policy_version(ACCOUNT, "p", "1").await;
    assert!(matches!(default, Err(IdentityError::InUse(_))));
    for absent in ["6", "0", "01", "-1", "9223372036854775808", "x", ""] {
        for done in [
            identity.delete_policy_version(ACCOUNT, "p", absent).await,
            identity
                .set_default_policy_version(ACCOUNT, "p", absent)
                .await,
        ] {
            assert!(
                matches!(done, Err(IdentityError::NotFound { .. })),
                "{absent}"
            );
        }
    }
    identity
        .delete_policy_version(ACCOUNT, "p", "5")
        .await
        .expect("deleted");
    let next = identity
        .create_policy_version(ACCOUNT, "p", DENY, true)
        .await;
    assert_eq!(
        next.expect("a version").version,
        6,
        "a number is never used again"
    );
    let versions = identity.policy_versions(ACCOUNT, "p").await.expect("there");
    let versions: Vec<_> = versions.iter().map(|v| (v.version, v.is_default)).collect();
    assert_eq!(
        versions,
        [(6, true), (4, false), (3, false), (2, false), (1, false)]
    );
}

#[tokio::test]
async fn of_many_versions_at_once_no_more_than_five_are_made() {
    let house = house().await;
    let identity = &house.identity;
    identity
        .create_policy(ACCOUNT, "p", ALLOW)
        .await
        .expect("made");
    let tries = (0..12).map(|_| identity.create_policy_version(ACCOUNT, "p", DENY, false));
    let mut made = 0;
    for attempt in futures::future::join_all(tries).await {
        made += usize::from(attempt.is_ok());
    }
    assert_eq!(made, VERSIONS_MAX - 1);
}

#[tokio::test]
async fn a_version_that_counts_marks_whom_it_touches() {
    let house = house().await;
    let identity = &house.identity;
    let made = identity
        .create_keys_and_certificate(ACCOUNT, &house.authority, true)
        .await;
    let made = made.expect("a certificate");
    let id = made.certificate.id;
    identity
        .create_policy(ACCOUNT, "p", ALLOW)
        .await
        .expect("made");
    identity
        .attach_policy(ACCOUNT, "p", id)
        .await
        .expect("attached");
    let pem = x509_parser::pem::parse_x509_pem(made.certificate.pem.as_bytes());
    let der = pem.expect("PEM").1.contents;
    let ask = || {
        let (directory, der) = (house.directory.clone(), der.clone());
        elsewhere(move || directory.by_certificate(&der, None).expect("active"))
    };
    let version_of = |principal: &hw_kernel::Principal| {
        principal.policies.policies()[0]
            .version
            .clone()
            .expect("a version")
    };
    let first = ask().await;
    identity
        .create_policy_version(ACCOUNT, "p", DENY, false)
        .await
        .expect("a version");
    assert!(
        !first.is_stale(),
        "a version that does not count touches nobody"
    );
    identity
        .set_default_policy_version(ACCOUNT, "p", "2")
        .await
        .expect("set");
    assert!(first.is_stale());
    let second = ask().await;
    assert_eq!(version_of(&second), "2");
    identity
        .create_policy_version(ACCOUNT, "p", ALLOW, true)
        .await
        .expect("a version");
    assert!(second.is_stale());
    let third = ask().await;
    assert_eq!(version_of(&third), "3");
    identity
        .delete_policy_version(ACCOUNT, "p", "2")
        .await
        .expect("deleted");
    identity
        .detach_policy(ACCOUNT, "p", id)
        .await
        .expect("detached");
    assert!(third.is_stale());
}

#[tokio::test]
async fn a_policy_goes_once_nobody_has_it_and_one_version_is_left() {
    let house = house().await;
    let identity = &house.identity;
    let id = certificate(&house).await;
    identity
        .create_policy(ACCOUNT, "p", ALLOW)
        .await
        .expect("made");
    identity
        .attach_policy(ACCOUNT, "p", id)
        .await
        .expect("attached");
    let delete = || identity.delete_policy(ACCOUNT, "p");
    assert!(
        matches!(delete().await, Err(IdentityError::InUse(_))),
        "attached"
    );
    identity
        .detach_policy(ACCOUNT, "p", id)
        .await
        .expect("detached");
    identity
        .create_policy_version(ACCOUNT, "p", DENY, true)
        .await
        .expect("a version");
    assert!(
        matches!(delete().await, Err(IdentityError::InUse(_))),
        "two versions"
    );
    identity
        .delete_policy_version(ACCOUNT, "p", "1")
        .await
        .expect("deleted");
    delete().await.expect("deleted");
    assert!(matches!(
        delete().await,
        Err(IdentityError::NotFound { .. })
    ));
    let again = identity
        .create_policy(ACCOUNT, "p", ALLOW)
        .await
        .expect("made anew");
    assert_eq!(again.default_version, 1);
    let versions = identity.policy_versions(ACCOUNT, "p").await.expect("there");
    assert_eq!(versions.len(), 1, "nothing is left of the old one");
}

#[tokio::test]
async fn ten_policies_on_a_target() {
    let house = house().await;
    let identity = &house.identity;
    let id = certificate(&house).await;
    for number in 0..=POLICIES_PER_TARGET_MAX {
        let name = format!("p{number}");
        identity
            .create_policy(ACCOUNT, &name, ALLOW)
            .await
            .expect("made");
        let attached = identity.attach_policy(ACCOUNT, &name, id).await;
        if number < POLICIES_PER_TARGET_MAX {
            attached.expect("attached");
        } else {
            assert!(matches!(attached, Err(IdentityError::Limit(_))));
        }
    }
    identity
        .attach_policy(ACCOUNT, "p0", id)
        .await
        .expect("attached already");
    let nobody = identity
        .attach_policy(ACCOUNT, "p0", CertificateId([7; 32]))
        .await;
    assert!(matches!(
        nobody,
        Err(IdentityError::NotFound {
            what: "certificate",
            ..
        })
    ));
    let nothing = identity.attach_policy(ACCOUNT, "q", id).await;
    assert!(matches!(
        nothing,
        Err(IdentityError::NotFound { what: "policy", .. })
    ));
}

#[tokio::test]
async fn an_account_sees_nothing_of_anothers() {
    let house = house().await;
    let identity = &house.identity;
    identity
        .ensure_account(OTHER, "other")
        .await
        .expect("an account");
    let id = certificate(&house).await;
    identity
        .create_policy(ACCOUNT, "p", ALLOW)
        .await
        .expect("made");
    identity
        .attach_policy(ACCOUNT, "p", id)
        .await
        .expect("attached");
    let missing = |error: IdentityError| matches!(error, IdentityError::NotFound { .. });
    let by = newest_first(250);
    assert!(
        identity
            .policies(OTHER, &by)
            .await
            .expect("a page")
            .items
            .is_empty()
    );
    assert!(
        identity
            .certificates(OTHER, &by)
            .await
            .expect("a page")
            .items
            .is_empty()
    );
    assert!(
        identity
            .policies_of(OTHER, id, &by)
            .await
            .is_err_and(missing)
    );
    assert!(
        identity
            .principals_of(OTHER, "p", &by)
            .await
            .is_err_and(missing)
    );
    assert!(
        identity
            .policy_targets(OTHER, "p", None, 9)
            .await
            .is_err_and(missing)
    );
    assert!(
        identity
            .policy_versions(OTHER, "p")
            .await
            .is_err_and(missing)
    );
    assert!(
        identity
            .effective_policies(OTHER, Some(&id.into()), None)
            .await
            .is_err_and(missing)
    );
    assert!(identity.delete_policy(OTHER, "p").await.is_err_and(missing));
    assert!(
        identity
            .delete_certificate(OTHER, id, true)
            .await
            .is_err_and(missing)
    );
    let status = identity.set_certificate_status(OTHER, id, "REVOKED").await;
    assert!(status.is_err_and(missing));
    let version = identity.create_policy_version(OTHER, "p", DENY, true).await;
    assert!(version.is_err_and(missing));
    // One of the same name is another one.
    identity
        .create_policy(OTHER, "p", DENY)
        .await
        .expect("made");
    assert!(
        identity
            .attach_policy(OTHER, "p", id)
            .await
            .is_err_and(missing)
    );
    identity.delete_policy(OTHER, "p").await.expect("deleted");
    assert_eq!(
        identity.policy(ACCOUNT, "p").await.expect("there").document,
        ALLOW
    );
    assert_eq!(
        identity.policies(ACCOUNT, &by).await.expect("a page").items,
        ["p"]
    );
}

#[tokio::test]
async fn pages_by_creation_are_whole_both_ways() {
    let house = house().await;
    let identity = &house.identity;
    let names: Vec<String> = (0..7).map(|n| format!("p{}", (n * 3) % 7)).collect();
    for name in &names {
        identity
            .create_policy(ACCOUNT, name, ALLOW)
            .await
            .expect("made");
    }
    for ascending in [true, false] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let by = ByCreation {
                ascending,
                after,
                count: 2,
            };
            let page = identity.policies(ACCOUNT, &by).await.expect("a page");
            assert!((1..=2).contains(&page.items.len()));
            found.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if !ascending {
            found.reverse();
        }
        assert_eq!(found, names);
    }
}

#[tokio::test]
async fn a_document_takes_the_place_of_the_one_that_was_read() {
    let house = house().await;
    let identity = &house.identity;
    identity
        .create_policy(ACCOUNT, "p", ALLOW)
        .await
        .expect("a policy");
    for version in 1..=7 {
        let made = identity.replace_policy(ACCOUNT, "p", version, ALLOW);
        assert_eq!(made.await.expect("replaced"), version + 1);
    }
    let versions = identity.policy_versions(ACCOUNT, "p").await.expect("read");
    let numbers: Vec<i64> = versions.iter().map(|one| one.version).collect();
    assert_eq!(numbers, [8, 7, 6, 5, 4]);
    let stale = identity.replace_policy(ACCOUNT, "p", 7, ALLOW).await;
    assert!(matches!(stale, Err(IdentityError::Changed(_))), "{stale:?}");
    let bad = identity.replace_policy(ACCOUNT, "p", 8, "{}").await;
    assert!(matches!(bad, Err(IdentityError::MalformedPolicy(_))));
    let foreign = identity.replace_policy(OTHER, "p", 8, ALLOW).await;
    assert!(matches!(foreign, Err(IdentityError::NotFound { .. })));
    assert_eq!(
        identity.policy_versions(ACCOUNT, "p").await.expect("read"),
        versions,
        "what was refused changed nothing"
    );
    identity
        .delete_policy_and_versions(ACCOUNT, "p")
        .await
        .expect("nobody has it");
}
