// SPDX-License-Identifier: Apache-2.0
//! Boards: what people keep to look at their data by: dashboards, saved queries, units of metrics.
//!
//! Each is a JSON document with an id, a title and a version. What stands in it is its face's
//! business: this crate must not know widgets or SQL, nor HTTP.

mod document;
mod error;
mod write;

pub use document::{Document, Kind, Listed, Page};
pub use error::BoardsError;
pub use write::{BODY_BYTES_MAX, DOCUMENTS_MAX, New, TITLE_CHARACTERS_MAX};

use std::sync::Arc;

use hw_kernel::{Catalog, Clock};

/// What every room here works with.
#[derive(Clone)]
pub struct Boards {
    catalog: Arc<dyn Catalog>,
    clock: Arc<dyn Clock>,
}

impl Boards {
    /// Over the catalog.
    pub fn new(catalog: Arc<dyn Catalog>, clock: Arc<dyn Clock>) -> Self {
        Self { catalog, clock }
    }
}
