// SPDX-License-Identifier: Apache-2.0
//! Identities over a real catalog.

mod admission;
mod bad_certificates;
mod certificates;
mod device_keys;
mod expiry;
mod groups;
mod keys;
mod mqtt_users;
mod people;
mod policies;
mod server_certificate;
mod thing_credentials;

use std::sync::Arc;

use hw_identity::authority::Authority;
use hw_identity::{Directory, Identity, MasterKey};
use hw_kernel::port::clock::SystemClock;
use hw_kernel::{Catalog, Clock};
use hw_model::AccountId;

/// A fresh folder with one account.
struct House {
    _folder: tempfile::TempDir,
    catalog: Arc<dyn Catalog>,
    clock: Arc<dyn Clock>,
    directory: Arc<Directory>,
    identity: Identity,
    authority: Authority,
}

const ACCOUNT: AccountId = AccountId::FIRST;

async fn house() -> House {
    house_with(Arc::new(SystemClock::default())).await
}

async fn house_with(clock: Arc<dyn Clock>) -> House {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite://{}", folder.path().join("catalog.db").display());
    let catalog = hw_catalog::open_url(&url).await.expect("a catalog");
    let region: Arc<str> = "eu-west-1".into();
    let runtime = tokio::runtime::Handle::current();
    let directory = Directory::new(
        catalog.clone(),
        clock.clone(),
        region.clone(),
        runtime,
        None,
    );
    let directory = Arc::new(directory);
    let key = MasterKey::from_file(&folder.path().join("master.key")).expect("a key");
    let identity = Identity::new(
        catalog.clone(),
        clock.clone(),
        Arc::new(key),
        directory.clone(),
        region,
    );
    identity
        .ensure_account(ACCOUNT, "first")
        .await
        .expect("an account");
    let authority = identity.authority().await.expect("a CA");
    House {
        _folder: folder,
        catalog,
        clock,
        directory,
        identity,
        authority,
    }
}

/// Doors and shards ask from threads that are not the runtime's.
async fn elsewhere<T: Send + 'static>(ask: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(ask).await.expect("no panic")
}
