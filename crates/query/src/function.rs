// SPDX-License-Identifier: Apache-2.0
//! Functions that clients of PostgreSQL call and the engine lacks, and a bound on those of the
//! engine that can make much of little.

mod bounded;
mod call;
mod docs;
mod fixed;
mod setting;

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

use crate::catalog::AccountCatalog;
use crate::session::SharedSettings;

pub(crate) use bounded::bound;
pub(crate) use fixed::fixed;

/// Functions whose answers depend on the session.
pub(crate) fn of_session(
    settings: &SharedSettings,
    catalog: &Arc<AccountCatalog>,
) -> Vec<ScalarUDF> {
    let mut all = setting::functions(settings);
    all.extend(docs::functions(catalog.described()));
    all
}
