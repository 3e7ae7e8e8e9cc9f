// SPDX-License-Identifier: Apache-2.0
//! Functions that clients of PostgreSQL call and the engine lacks, a bound on those of the engine
//! that can make much of little, and arithmetic that does not wrap.

mod activity;
mod bounded;
mod call;
mod checked;
mod concat;
mod docs;
mod fixed;
mod setting;
mod sum;
mod time;
mod words;

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

use crate::catalog::AccountCatalog;
use crate::session::{Backend, SharedSettings};

pub(crate) use bounded::{bound, concat};
pub(crate) use checked::{Checked, Op};
pub(crate) use fixed::fixed;
pub(crate) use sum::sum;

/// Functions whose answers depend on the session.
pub(crate) fn of_session(
    settings: &SharedSettings,
    catalog: &Arc<AccountCatalog>,
    backend: &Arc<Backend>,
) -> Vec<ScalarUDF> {
    let mut all = setting::functions(settings);
    all.extend(activity::functions(backend));
    all.extend(docs::functions(catalog.described()));
    all
}
