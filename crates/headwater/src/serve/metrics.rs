// SPDX-License-Identifier: Apache-2.0
//! The metrics door: `GET /metrics`, for Prometheus and whatever reads its format. It is a listener
//! of its own, so that it can be open to a monitoring network and nothing else is.

mod certificates;
mod disk;
pub(super) mod http;
mod lake;
mod log;
mod process;
mod workers;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hw_kernel::Clock;
use hw_kernel::metric::{Format, MetricSource, Page};

use super::doors::Parts;
use super::metrics::http::HttpCounts;

type Sources = Arc<[Arc<dyn MetricSource>]>;

/// What is behind the metrics door.
pub(super) fn router(parts: &Parts<'_>, http: &Arc<HttpCounts>) -> Router {
    let sources: Vec<Arc<dyn MetricSource>> = vec![
        Arc::new(Build),
        Arc::new(process::Process),
        parts.broker.clone(),
        Arc::new(log::Log(parts.log.clone())),
        Arc::new(lake::Lake(parts.tables.handle.clone())),
        Arc::new(parts.tables.engine.clone()),
        Arc::new(workers::Workers(parts.crew.clone())),
        http.clone(),
        Arc::new(certificates::Certificates::of(&parts.people)),
        Arc::new(disk::Disk(parts.folder.root().to_owned())),
        Arc::new(Time(parts.clock.clone())),
    ];
    let sources: Sources = sources.into();
    Router::new()
        .route("/metrics", get(page))
        .fallback(|| async { (StatusCode::NOT_FOUND, "the metrics are under /metrics\n") })
        .with_state(sources)
}

async fn page(State(sources): State<Sources>, headers: HeaderMap) -> Response {
    let accepts = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    let format = match accepts {
        Some(accepts) if accepts.contains("application/openmetrics-text") => Format::OpenMetrics,
        _ => Format::Text,
    };
    // Some look at the disk, and the broker waits for a turn of each shard.
    let written = tokio::task::spawn_blocking(move || {
        let mut page = Page::new(format);
        sources.iter().for_each(|source| source.write(&mut page));
        page.finish()
    });
    match written.await {
        Ok((kind, text)) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Which release runs.
struct Build;

impl MetricSource for Build {
    fn write(&self, page: &mut Page) {
        let version = env!("CARGO_PKG_VERSION");
        let family = page.gauge("headwater_build_info", "The release that runs; always 1.");
        family.with(&[("version", &version)], 1);
    }
}

/// The machine's clock: one that jumps spoils every time series.
struct Time(Arc<dyn Clock>);

impl MetricSource for Time {
    fn write(&self, page: &mut Page) {
        let now = self.0.now().0 as f64 / 1e6;
        page.gauge("headwater_clock_timestamp_seconds", "This machine's clock.")
            .value(now);
    }
}
