// SPDX-License-Identifier: Apache-2.0
//! Down-sampled series of a thing's metrics: rows are read once, as they come, and fall into
//! buckets of equal length; no row is kept.

mod buckets;
mod csv;

pub(crate) use buckets::{Buckets, Series};
pub(crate) use csv::csv;

use hw_model::{AccountId, Timestamp};
use hw_query::Param;

use crate::auth::Door;
use crate::columns::Columns;
use crate::error::ApiError;
use crate::turn::turn;

const ROWS: &str = "SELECT time, value, text FROM telemetry \
                    WHERE thing = $1 AND metric = $2 AND time >= $3 AND time < $4";

/// A span of time in so many buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub from: Timestamp,
    /// Exclusive.
    pub to: Timestamp,
    pub buckets: u32,
}

impl Span {
    /// The length of a bucket, in microseconds; at least one.
    pub(crate) fn width(self) -> i64 {
        let (span, buckets) = (self.to.0 - self.from.0, i64::from(self.buckets));
        (span / buckets + i64::from(span % buckets > 0)).max(1)
    }
}

/// The series of one metric: numbers, texts, or both if it has both.
pub(crate) async fn read(
    door: &Door,
    account: AccountId,
    thing: &str,
    metric: &str,
    span: Span,
) -> Result<Vec<Series>, ApiError> {
    let _turn = turn(door).await?;
    let params = vec![
        Param::Text(thing.to_owned()),
        Param::Text(metric.to_owned()),
        Param::Time(span.from),
        Param::Time(span.to),
    ];
    let mut buckets = Buckets::new(span);
    let engine = &door.deps.engine;
    engine
        .read(account, ROWS, params, |batch| buckets.add(&Columns(batch)))
        .await
        .or_else(ApiError::unless_no_table)?;
    Ok(buckets.series(metric))
}
