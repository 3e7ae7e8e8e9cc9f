// SPDX-License-Identifier: Apache-2.0
//! Functions of time: buckets as TimescaleDB has them, zones and patterns as PostgreSQL has them.

mod bucket;
mod char;
mod interval;
mod moment;
mod pattern;
mod zone;

use std::sync::Arc;

use datafusion::logical_expr::{ScalarUDF, ScalarUDFImpl};

/// The functions, the same for every session.
pub(super) fn functions() -> Vec<Arc<ScalarUDF>> {
    vec![
        made(bucket::TimeBucket::default()),
        made(zone::AtZone::default()),
        made(char::ToChar::default()),
        made(moment::ToTimestamp::default()),
    ]
}

fn made(function: impl ScalarUDFImpl + 'static) -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::new_from_impl(function))
}
