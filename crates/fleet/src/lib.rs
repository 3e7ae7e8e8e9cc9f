// SPDX-License-Identifier: Apache-2.0
//! The fleet: the registry of things, their types and groups, who is attached to them, and tags.
//!
//! It must not know certificates' contents, MQTT, or the AWS API's shapes.

mod attributes;
pub mod error;
pub mod groups;
mod page;
pub mod principals;
pub mod search;
pub mod tags;
pub mod things;
pub mod types;

pub use error::FleetError;
pub use groups::ThingGroup;
pub use page::NamePage;
pub use things::Thing;
pub use types::ThingType;

use std::sync::Arc;

use hw_kernel::admission::AdmissionChanges;
use hw_kernel::{Catalog, Clock};

/// How often a change is made anew because somebody else changed the same meanwhile.
const TRIES_MAX: usize = 16;

/// What every room here works with.
#[derive(Clone)]
pub struct Fleet {
    catalog: Arc<dyn Catalog>,
    clock: Arc<dyn Clock>,
    changes: Arc<dyn AdmissionChanges>,
}

impl Fleet {
    /// Over the catalog; who must look a principal up again is told through `changes`.
    pub fn new(
        catalog: Arc<dyn Catalog>,
        clock: Arc<dyn Clock>,
        changes: Arc<dyn AdmissionChanges>,
    ) -> Self {
        Self {
            catalog,
            clock,
            changes,
        }
    }
}
