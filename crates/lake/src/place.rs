// SPDX-License-Identifier: Apache-2.0
//! Where a table's objects are: `lake/ACCOUNT/TABLE/…` in Blobs, and the same by URL in Iceberg's
//! metadata, which names every file in full.

use hw_kernel::Blobs;
use hw_model::AccountId;

/// The prefix of all keys of tables.
pub(crate) const PREFIX: &str = "lake";

/// A table's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub account: AccountId,
    pub table: String,
    /// URL of its folder, without a slash at the end, as its metadata has it.
    pub location: String,
}

impl Place {
    /// Where a new table goes.
    pub fn new(blobs: &dyn Blobs, account: AccountId, table: &str) -> Self {
        Self {
            account,
            table: table.to_owned(),
            location: blobs.url(&key(account, table)),
        }
    }

    /// Where the table of a metadata file is. The folder may have been moved since: its URLs then
    /// differ from what Blobs would say today, its keys don't.
    pub fn of_metadata(account: AccountId, table: &str, metadata_location: &str) -> Option<Self> {
        let (location, _) = metadata_location.rsplit_once("/metadata/")?;
        Some(Self {
            account,
            table: table.to_owned(),
            location: location.to_owned(),
        })
    }

    /// The key of an object that metadata names by URL; `None` outside the table's folder.
    pub fn key_of(&self, url: &str) -> Option<String> {
        let inside = url.strip_prefix(&self.location)?;
        inside
            .starts_with('/')
            .then(|| format!("{}{inside}", key(self.account, &self.table)))
    }

    /// The key of an object by its path inside the table's folder.
    pub fn key(&self, path: &str) -> String {
        format!("{}/{path}", key(self.account, &self.table))
    }

    /// The URL that metadata has for an object of the table's, by its key.
    pub fn url_of(&self, key_of_object: &str) -> String {
        let folder = key(self.account, &self.table);
        let path = key_of_object.strip_prefix(&folder).unwrap_or(key_of_object);
        format!("{}{path}", self.location)
    }

    /// The URL of an object by its path inside the table's folder.
    pub fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.location)
    }
}

fn key(account: AccountId, table: &str) -> String {
    format!("{PREFIX}/{account}/{table}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_become_keys_wherever_the_folder_was() {
        let metadata = "file:///old/place/lake/000000000001/events/metadata/00001-x.metadata.json";
        let place = Place::of_metadata(AccountId::FIRST, "events", metadata).expect("a table's");
        let key = "lake/000000000001/events/metadata/00001-x.metadata.json";
        assert_eq!(place.key_of(metadata).as_deref(), Some(key));
        assert_eq!(place.url_of(key), metadata);
        assert_eq!(
            place.key_of("file:///old/place/lake/000000000001/events2/x"),
            None
        );
        assert_eq!(place.key("data/x"), "lake/000000000001/events/data/x");
    }
}
