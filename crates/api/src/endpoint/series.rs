// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/things/{name}/series`: metrics of a thing over time, down-sampled.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use hw_model::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::auth::{Caller, Door};
use crate::described::{Answer, Operation, fields};
use crate::error::ApiError;
use crate::input::Path;
use crate::limits::{BUCKETS_MAX, SERIES_METRICS_MAX};
use crate::moment::{self, Moment};
use crate::pairs::Pairs;
use crate::series::{Series, Span, csv, read};
use crate::shape::{self, Shape};
use crate::units::Units;

/// Points of a series if nothing is said.
const BUCKETS: u32 = 500;

/// Series over one span of time.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SeriesList {
    thing: String,
    from: Moment,
    /// Exclusive.
    to: Moment,
    /// The length of a bucket. Buckets without rows are left out.
    bucket_seconds: f64,
    /// In the order that was asked for; a metric with numbers and texts has two.
    series: Vec<Series>,
}

/// Which series.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "it documents what `wanted` reads")]
pub(crate) struct SeriesWanted {
    /// Metrics as in table `telemetry`: 1 to 16 of them, each a parameter of its own.
    #[schemars(length(min = 1, max = 16))]
    metric: Vec<String>,
    /// RFC 3339, or a span back from now as `-15m`; an hour ago if left out.
    #[schemars(regex(pattern = r"^(now|-[0-9]{1,6}[smhd]|[0-9]{4}-[0-9]{2}-[0-9]{2}T.+)$"))]
    from: Option<String>,
    /// The same, exclusive; now if left out.
    #[schemars(regex(pattern = r"^(now|-[0-9]{1,6}[smhd]|[0-9]{4}-[0-9]{2}-[0-9]{2}T.+)$"))]
    to: Option<String>,
    /// Points of each series: 1 to 5,000; 500 if left out.
    #[schemars(range(min = 1, max = 5000))]
    buckets: Option<u32>,
}

struct Wanted {
    metrics: Vec<String>,
    span: Span,
}

fn wanted(query: &str, now: Timestamp) -> Result<Wanted, ApiError> {
    let mut pairs = Pairs::parse(query)?;
    let metrics = pairs.many("metric");
    let from = pairs.one("from")?.unwrap_or_else(|| "-1h".to_owned());
    let to = pairs.one("to")?.unwrap_or_else(|| "now".to_owned());
    let buckets = pairs.number("buckets", BUCKETS, 1..=BUCKETS_MAX)?;
    pairs.end()?;
    if !(1..=SERIES_METRICS_MAX).contains(&metrics.len()) {
        return Err(ApiError::invalid(format!(
            "name 1 to {SERIES_METRICS_MAX} metrics (series_metrics_max), as in \
             ?metric=flow&metric=valve.open"
        )));
    }
    let (from, to) = (
        moment::parse("from", &from, now)?,
        moment::parse("to", &to, now)?,
    );
    if from >= to {
        return Err(ApiError::invalid("`from` must be before `to`"));
    }
    let span = Span { from, to, buckets };
    Ok(Wanted { metrics, span })
}

/// How it is described.
pub(crate) const SERIES: Operation = Operation {
    id: "get_series",
    tag: "data",
    summary: "Metrics of a thing over time, down-sampled",
    description: "The span is cut into so many buckets of equal length; each that has rows gives least, greatest, mean and last value and their number, or first and last text. `Accept: text/csv` gives CSV.",
    path: &[("name", "Thing name")],
    query: Some(fields::<SeriesWanted>),
    answers: &[Answer::json::<SeriesList>(200, "Done.").or_csv()],
    ..Operation::PLAIN
};

pub(crate) async fn series(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let now = door.deps.clock.now();
    let Wanted { metrics, span } = wanted(query.as_deref().unwrap_or_default(), now)?;
    let thing = door.deps.fleet.thing(caller.account, &name).await?;
    let units = Units::of_account(&door, caller.account).await?;
    let mut all = Vec::new();
    for metric in &metrics {
        for mut one in read(&door, caller.account, &name, metric, span).await? {
            if let Series::Number(numbers) = &mut one {
                let unit = units.of(thing.thing_type.as_deref(), metric);
                numbers.unit = unit.map(str::to_owned);
            }
            all.push(one);
        }
    }
    if shape::accepted(&headers) == Shape::Csv {
        return Ok(crate::csv::answer(csv(&all)));
    }
    let list = SeriesList {
        thing: name,
        from: span.from.into(),
        to: span.to.into(),
        bucket_seconds: span.width() as f64 / 1e6,
        series: all,
    };
    Ok(Json(list).into_response())
}
