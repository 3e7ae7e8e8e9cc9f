// SPDX-License-Identifier: Apache-2.0
//! What of a data folder is backed up: catalog, log, objects, secrets and the CA's certificate.
//! Not `run/`, which is about one run only, and not what the log has put aside as damaged.

use std::path::Path;
use std::sync::Arc;

use hw_backup::{MasterKeyPlace, Source};
use hw_kernel::Clock;

use crate::serve::folder::Folder;
use crate::serve::formats::FOLDER_FORMAT;
use crate::serve::storage::Storage;

/// The file of the master key, below `secrets/`.
const MASTER_KEY: &str = "master.key";

/// What is backed up of `folder`.
pub fn source(
    folder: &Folder,
    storage: &Storage,
    clock: &Arc<dyn Clock>,
) -> std::io::Result<Source> {
    let root = folder.root();
    let master_key = master_key_place(root);
    let mut files = vec![("ca.pem".to_owned(), folder.ca_file())];
    for entry in std::fs::read_dir(root.join("secrets"))? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let unused = name == MASTER_KEY && master_key == MasterKeyPlace::Environment;
        if entry.file_type()?.is_file() && !unused {
            files.push((format!("secrets/{name}"), entry.path()));
        }
    }
    Ok(Source {
        catalog: storage.catalog.clone(),
        log: storage.log.clone(),
        blobs: storage.blobs.clone(),
        clock: clock.clone(),
        files,
        master_key,
        scratch: root.join("run"),
        headwater: env!("CARGO_PKG_VERSION").to_owned(),
        folder_format: FOLDER_FORMAT,
    })
}

/// A key that the server has from elsewhere goes before the file, and stays elsewhere.
fn master_key_place(root: &Path) -> MasterKeyPlace {
    let elsewhere = std::env::var_os("HEADWATER_MASTER_KEY").is_some()
        || std::env::var_os("CREDENTIALS_DIRECTORY")
            .is_some_and(|folder| Path::new(&folder).join("headwater-master-key").exists());
    match elsewhere || !root.join("secrets").join(MASTER_KEY).exists() {
        true => MasterKeyPlace::Environment,
        false => MasterKeyPlace::Archive,
    }
}
