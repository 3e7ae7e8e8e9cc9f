// SPDX-License-Identifier: Apache-2.0
//! The ports that the lake stands on.

use std::sync::Arc;

use hw_kernel::{Blobs, Catalog, Clock};

/// What every room of the lake uses.
#[derive(Clone)]
pub(crate) struct Env {
    pub blobs: Arc<dyn Blobs>,
    pub catalog: Arc<dyn Catalog>,
    pub clock: Arc<dyn Clock>,
    pub runtime: iceberg::Runtime,
}
