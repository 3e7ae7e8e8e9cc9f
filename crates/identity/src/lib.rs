// SPDX-License-Identifier: Apache-2.0
//! Who may do what: accounts, the certificate authority, device certificates, policies, keys,
//! people and their sessions.
//!
//! It must not know MQTT, HTTP or the AWS API's shapes: doors call it and translate.

pub mod access_keys;
pub mod accounts;
pub mod acme;
pub mod api_keys;
pub mod authority;
pub mod authorization;
pub mod authorizers;
pub mod certificate_facts;
pub mod certificate_text;
pub mod certificates;
pub mod device_key;
pub mod directory;
mod documents;
pub mod error;
pub mod expiry;
pub mod host_names;
pub mod key_list;
pub mod key_pool;
pub mod master_key;
pub mod mqtt_users;
pub mod named;
pub mod outbound;
pub mod page;
pub mod passwords;
pub mod policies;
mod principal;
pub mod public;
pub mod renewal;
mod roles;
mod secret_token;
pub mod server_certificate;
pub mod sessions;
mod sign_in;
mod softlock;
pub mod thing_credentials;
pub mod user_links;
pub mod users;
pub mod x509;

pub use directory::Directory;
pub use error::IdentityError;
pub use master_key::MasterKey;

use std::sync::Arc;

use device_key::KeyType;
use hw_kernel::{Catalog, Clock};
use key_pool::KeyPool;

/// What every room here works with.
#[derive(Clone)]
pub struct Identity {
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) master_key: Arc<MasterKey>,
    pub(crate) changes: Arc<Directory>,
    pub(crate) region: Arc<str>,
    pub(crate) keys: Arc<KeyPool>,
    pub(crate) passwords: Arc<passwords::Passwords>,
    pub(crate) locks: Arc<sign_in::Locks>,
    pub(crate) mqtt_logins: Arc<mqtt_users::Logins>,
}

impl Identity {
    /// Over the catalog; changes are told to `directory`.
    pub fn new(
        catalog: Arc<dyn Catalog>,
        clock: Arc<dyn Clock>,
        master_key: Arc<MasterKey>,
        directory: Arc<Directory>,
        region: Arc<str>,
    ) -> Self {
        Self {
            catalog,
            clock,
            master_key,
            changes: directory,
            region,
            keys: Arc::new(KeyPool::new(KeyType::default())),
            passwords: Arc::default(),
            locks: Arc::default(),
            mqtt_logins: Arc::default(),
        }
    }

    /// With keys of devices from this pool; without it, each is made when it is asked for.
    pub fn with_keys(mut self, keys: Arc<KeyPool>) -> Self {
        self.keys = keys;
        self
    }

    /// The region in ARNs.
    pub fn region(&self) -> &str {
        &self.region
    }
}
