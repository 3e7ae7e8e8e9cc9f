// SPDX-License-Identifier: Apache-2.0
//! Saying which objects of a backup were damaged when it was made.

use hw_backup::Manifest;
use serde_json::{Value, json};

use crate::cli::note;
use crate::cli::table::harmless;

/// Their names.
fn names(manifest: &Manifest) -> Vec<String> {
    let names = manifest.damaged().map(|file| harmless(&file.name));
    names.collect()
}

/// Adds `damaged` to an answer in JSON, if there are any.
pub fn add(answer: &mut Value, manifest: &Manifest) {
    let names = names(manifest);
    if !names.is_empty() {
        answer["damaged"] = json!(names);
    }
}

/// Says it to people, if there are any.
pub fn warn(manifest: &Manifest) {
    if let Some(said) = said(manifest) {
        note(&said);
    }
}

/// One sentence, if there are any.
pub fn said(manifest: &Manifest) -> Option<String> {
    let names = names(manifest);
    (!names.is_empty()).then(|| {
        format!(
            "These were damaged already when it was made, and are as they were; a query that needs \
             one says so. Put the same files back from an earlier backup: {}",
            names.join(", ")
        )
    })
}
