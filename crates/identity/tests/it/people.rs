// SPDX-License-Identifier: Apache-2.0
//! People: the first administrator's link, passwords, sessions, and the last administrator.

use hw_identity::IdentityError;
use hw_identity::api_keys::Role;
use hw_identity::sessions::SessionOwner;
use hw_model::AccountId;

use crate::{ACCOUNT, house};

const PASSWORD: &str = "a long enough one";

#[tokio::test]
async fn the_first_administrator_comes_by_a_link_once() {
    let house = house().await;
    let identity = &house.identity;
    let old = identity.make_setup_link(ACCOUNT).await.expect("a link");
    let link = identity.make_setup_link(ACCOUNT).await.expect("a link");
    let gone = identity.open_user_link(&old, Some("ada"), PASSWORD).await;
    assert!(
        matches!(gone, Err(IdentityError::Link)),
        "the newer one voids it"
    );
    for (name, password) in [
        (None, PASSWORD),
        (Some("a b"), PASSWORD),
        (Some("ada"), "short"),
    ] {
        let bad = identity.open_user_link(&link, name, password).await;
        assert!(matches!(bad, Err(IdentityError::Invalid(_))), "{name:?}");
    }
    assert!(!identity.has_administrator(ACCOUNT).await.expect("asked"));
    let opened = identity.open_user_link(&link, Some("ada"), PASSWORD).await;
    assert_eq!(opened.expect("opens"), (ACCOUNT, "ada".to_owned()));
    let again = identity.open_user_link(&link, Some("eve"), PASSWORD).await;
    assert!(matches!(again, Err(IdentityError::Link)));
    let another = identity.make_setup_link(ACCOUNT).await;
    assert!(matches!(another, Err(IdentityError::HasAdministrator)));
    assert!(identity.has_administrator(ACCOUNT).await.expect("asked"));
    let fits = identity
        .check_password(ACCOUNT, "ada", PASSWORD, None)
        .await;
    assert!(fits.is_ok());
}

#[tokio::test]
async fn wrong_names_and_passwords_look_the_same() {
    let house = house().await;
    let link = house
        .identity
        .make_setup_link(ACCOUNT)
        .await
        .expect("a link");
    let opened = house
        .identity
        .open_user_link(&link, Some("ada"), PASSWORD)
        .await;
    opened.expect("opens");
    let other = AccountId::from_number(2).expect("small");
    for (account, name) in [(ACCOUNT, "ada"), (ACCOUNT, "nobody"), (other, "ada")] {
        let try_it = house
            .identity
            .check_password(account, name, "not the password", None);
        let wrong = try_it.await;
        assert!(
            matches!(wrong, Err(IdentityError::Credentials)),
            "{wrong:?}"
        );
        let try_it = house
            .identity
            .check_password(account, name, "not the password", None);
        let soon = try_it.await;
        assert!(
            matches!(soon, Err(IdentityError::Locked { .. })),
            "{soon:?}"
        );
    }
}

#[tokio::test]
async fn a_changed_password_a_reset_and_an_end_sign_out() {
    let house = house().await;
    let identity = &house.identity;
    let link = identity.make_setup_link(ACCOUNT).await.expect("a link");
    identity
        .open_user_link(&link, Some("ada"), PASSWORD)
        .await
        .expect("opens");
    let owner = SessionOwner::User("ada".into());
    let open = async || {
        let made = identity.open_session(ACCOUNT, &owner, Role::Read, None, Some("browser"), 9);
        made.await.expect("a session")
    };
    let first = open().await;
    let session = identity
        .session(&first)
        .await
        .expect("asked")
        .expect("lasts");
    assert_eq!(
        (&session.owner, session.role),
        (&owner, Role::Admin),
        "the user's role counts"
    );
    let new = "another long one";
    let changed = identity
        .change_password(ACCOUNT, "ada", PASSWORD, new, None)
        .await;
    changed.expect("changed");
    assert_eq!(identity.session(&first).await.expect("asked"), None);

    let second = open().await;
    let reset = identity
        .make_password_link(ACCOUNT, "ada")
        .await
        .expect("a link");
    assert!(identity.session(&second).await.expect("asked").is_some());
    identity
        .open_user_link(&reset, None, PASSWORD)
        .await
        .expect("opens");
    assert_eq!(identity.session(&second).await.expect("asked"), None);

    let third = open().await;
    let id = identity.sessions(ACCOUNT).await.expect("listed")[0]
        .id
        .clone();
    let other = AccountId::from_number(2).expect("small");
    assert!(
        identity.end_session(other, &id, None).await.is_err(),
        "another account's"
    );
    let eve = SessionOwner::User("eve".into());
    assert!(
        identity
            .end_session(ACCOUNT, &id, Some(&eve))
            .await
            .is_err()
    );
    identity
        .end_session(ACCOUNT, &id, Some(&owner))
        .await
        .expect("ends");
    assert_eq!(identity.session(&third).await.expect("asked"), None);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let house = house().await;
    let identity = &house.identity;
    let link = identity.make_setup_link(ACCOUNT).await.expect("a link");
    identity
        .open_user_link(&link, Some("ada"), PASSWORD)
        .await
        .expect("opens");
    identity
        .create_user(ACCOUNT, "bob", Role::Admin)
        .await
        .expect("made");
    let twice = identity.create_user(ACCOUNT, "bob", Role::Read).await;
    assert!(matches!(twice, Err(IdentityError::Exists { .. })));
    // Bob has no password yet.
    let last = identity.set_user_role(ACCOUNT, "ada", Role::Read).await;
    assert!(
        matches!(last, Err(IdentityError::LastAdministrator(_))),
        "{last:?}"
    );
    let last = identity.delete_user(ACCOUNT, "ada").await;
    assert!(
        matches!(last, Err(IdentityError::LastAdministrator(_))),
        "{last:?}"
    );
    let invitation = identity
        .make_password_link(ACCOUNT, "bob")
        .await
        .expect("a link");
    identity
        .open_user_link(&invitation, None, PASSWORD)
        .await
        .expect("opens");
    identity
        .set_user_role(ACCOUNT, "ada", Role::Read)
        .await
        .expect("bob is there");
    identity
        .delete_user(ACCOUNT, "ada")
        .await
        .expect("bob is there");
    let gone = identity.delete_user(ACCOUNT, "ada").await;
    assert!(matches!(gone, Err(IdentityError::NotFound { .. })));
}

#[tokio::test]
async fn keys_are_listed_and_take_those_they_made_with_them() {
    let house = house().await;
    let identity = &house.identity;
    let make = async |label: &str, by: &str| {
        let made = identity
            .create_api_key(ACCOUNT, label, Role::Admin, by)
            .await;
        made.expect("a key").expose().clone()
    };
    let parent = make("parent", "admin socket").await;
    let id = identity
        .api_key_owner(&parent)
        .await
        .expect("asked")
        .expect("known")
        .key_id;
    let child = make("child", &format!("key {id}")).await;
    let owner = identity
        .api_key_owner(&child)
        .await
        .expect("asked")
        .expect("known");
    assert!(owner.made_by_key);
    identity
        .create_access_key(ACCOUNT, "child", &format!("key {id}"))
        .await
        .expect("a key");
    let other = make("other", "user ada").await;
    let keys = identity.keys(ACCOUNT).await.expect("listed");
    assert_eq!(keys.len(), 4);
    assert!(
        keys.iter()
            .any(|key| key.id == id && key.last_used.is_some())
    );
    let account = AccountId::from_number(2).expect("small");
    assert!(identity.keys(account).await.expect("listed").is_empty());
    assert!(
        identity.revoke_key(account, &id).await.is_err(),
        "another account's"
    );
    identity.revoke_key(ACCOUNT, &id).await.expect("revoked");
    for gone in [&parent, &child] {
        assert_eq!(identity.api_key_owner(gone).await.expect("asked"), None);
    }
    assert!(
        identity
            .api_key_owner(&other)
            .await
            .expect("asked")
            .is_some()
    );
    assert_eq!(identity.keys(ACCOUNT).await.expect("listed").len(), 1);
}
