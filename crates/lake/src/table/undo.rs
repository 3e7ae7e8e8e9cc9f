// SPDX-License-Identifier: Apache-2.0
//! Removing what a failed commit had stored, so that tries on a full disk do not fill it further.

use std::error::Error;

use hw_kernel::port::blobs::BlobError;
use uuid::Uuid;

use super::source::Unreadable;
use crate::env::Env;

use crate::place::Place;

/// What a commit stores, if it comes so far.
pub(super) struct Undo {
    /// Is in the names of its manifests.
    pub commit: Uuid,
    keys: Vec<String>,
}

impl Undo {
    /// For a commit of these files.
    pub fn of(keys: Vec<String>) -> Self {
        Self {
            commit: Uuid::new_v4(),
            keys,
        }
    }

    /// One file more.
    pub fn add(&mut self, key: String) {
        self.keys.push(key);
    }

    /// Removes it, if the commit failed in the object store: then the catalog was never asked.
    ///
    /// After an error of the catalog's nothing is removed, and the sweep finds it later: a write
    /// whose sync failed can be there after a crash, and then it names these files.
    pub async fn after(self, env: &Env, place: &Place, error: &iceberg::Error) {
        if !is_of_the_store(error) {
            return;
        }
        let commit = self.commit.to_string();
        let metadata = env.blobs.list(&place.key("metadata/")).await;
        let manifests = metadata.unwrap_or_default().into_iter();
        let manifests = manifests
            .map(|object| object.key)
            .filter(|key| key.contains(&commit));
        for key in self.keys.into_iter().chain(manifests) {
            if let Err(error) = env.blobs.delete(&key).await {
                tracing::debug!(key, %error, "left for the sweep");
            }
        }
    }
}

/// So does a file that a merge could not read.
fn is_of_the_store(error: &iceberg::Error) -> bool {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(cause) = next {
        if cause.is::<BlobError>() || cause.is::<Unreadable>() {
            return true;
        }
        next = cause.source();
    }
    false
}
