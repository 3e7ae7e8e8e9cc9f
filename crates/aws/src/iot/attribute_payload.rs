// SPDX-License-Identifier: Apache-2.0
//! Attributes in bodies, of things and of groups.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `attributePayload`.
#[derive(Deserialize, Default)]
pub(crate) struct AttributePayload {
    attributes: Option<BTreeMap<String, String>>,
    merge: Option<bool>,
}

impl AttributePayload {
    /// The attributes; none if they are left out.
    pub fn attributes(self) -> BTreeMap<String, String> {
        self.attributes.unwrap_or_default()
    }

    /// Whether attributes that are not named stay.
    pub fn merge(&self) -> bool {
        self.merge.unwrap_or(false)
    }
}
