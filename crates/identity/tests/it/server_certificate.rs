// SPDX-License-Identifier: Apache-2.0
//! The CA stays, the server's certificate follows the names.

use crate::house;

#[tokio::test]
async fn made_once_and_anew_when_the_names_change() {
    let house = house().await;
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    let local = names(&["localhost", "127.0.0.1", "::1"]);
    let first = house
        .identity
        .server_certificate(&house.authority, &local)
        .await
        .expect("made");
    let again = house.identity.authority().await.expect("read again");
    assert_eq!(again.certificate_pem, house.authority.certificate_pem);
    let same = house
        .identity
        .server_certificate(&again, &local)
        .await
        .expect("read");
    assert_eq!(same.chain_pem, first.chain_pem);
    let public = names(&["hw.example", "localhost", "127.0.0.1", "::1"]);
    let other = house
        .identity
        .server_certificate(&again, &public)
        .await
        .expect("made");
    assert_ne!(other.chain_pem, first.chain_pem);
}
