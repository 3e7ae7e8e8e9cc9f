// SPDX-License-Identifier: Apache-2.0
//! Chooses the backend by URL.

use std::path::Path;
use std::sync::Arc;

use hw_kernel::Catalog;
use hw_kernel::port::catalog::CatalogError;

use crate::sqlite::SqliteCatalog;

/// Opens the catalog that `url` names: `sqlite:///ABSOLUTE/FILE`.
pub async fn open_url(url: &str) -> Result<Arc<dyn Catalog>, CatalogError> {
    match url.strip_prefix("sqlite://") {
        Some(path) if path.starts_with('/') => {
            Ok(Arc::new(SqliteCatalog::open(Path::new(path)).await?))
        }
        _ => Err(CatalogError::Engine(format!(
            "the catalog can be in sqlite:///ABSOLUTE/FILE only, not in {}",
            url.split("://").next().unwrap_or_default(),
        ))),
    }
}
