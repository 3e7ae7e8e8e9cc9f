// SPDX-License-Identifier: Apache-2.0
//! The fleet: the registry of things and who is attached to them.
//!
//! It must not know certificates' contents, MQTT, or the AWS API's shapes.

pub mod error;
pub mod principals;
pub mod search;
pub mod things;

pub use error::FleetError;
pub use things::Thing;

use std::sync::Arc;

use hw_kernel::admission::AdmissionChanges;
use hw_kernel::{Catalog, Clock};

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
