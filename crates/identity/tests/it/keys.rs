// SPDX-License-Identifier: Apache-2.0
//! API keys and access keys: shown once, found by id, wrong ones told apart from nobody's.

use hw_identity::api_keys::Role;

use crate::{ACCOUNT, house};

#[tokio::test]
async fn api_keys() {
    let house = house().await;
    let key = house
        .identity
        .create_api_key(ACCOUNT, "test", Role::Read, "test")
        .await
        .expect("a key");
    let owner = house
        .identity
        .api_key_owner(key.expose())
        .await
        .expect("asked")
        .expect("known");
    assert_eq!((owner.account, owner.role), (ACCOUNT, Role::Read));
    let key = key.expose();
    let last = if key.ends_with('A') { "B" } else { "A" };
    let wrong = format!("{}{last}", &key[..key.len() - 1]);
    for bad in [
        wrong.as_str(),
        "",
        "hw_",
        "hw_x_y",
        "hw_0123456789abcdef_x",
        &key[1..],
    ] {
        assert_eq!(
            house.identity.api_key_owner(bad).await.expect("asked"),
            None,
            "{bad}"
        );
    }
}

#[tokio::test]
async fn access_keys_are_sealed_and_come_back() {
    let house = house().await;
    let key = house
        .identity
        .create_access_key(ACCOUNT, "test", "test")
        .await
        .expect("a key");
    assert_eq!(
        (
            key.access_key_id.len(),
            key.secret_access_key.expose().len()
        ),
        (20, 40)
    );
    let secret = house
        .identity
        .signing_secret(&key.access_key_id)
        .await
        .expect("asked");
    assert_eq!(
        secret.expect("known").secret_access_key.expose(),
        key.secret_access_key.expose()
    );
    assert!(
        house
            .identity
            .signing_secret("AKIAX")
            .await
            .expect("asked")
            .is_none()
    );
    let rows = house
        .catalog
        .read("SELECT secret_sealed FROM access_keys", vec![])
        .await;
    let rows = rows.expect("rows");
    let sealed = rows[0].bytes(0).expect("bytes");
    let plain = key.secret_access_key.expose().as_bytes();
    assert!(!sealed.windows(plain.len()).any(|part| part == plain));
}
