// SPDX-License-Identifier: Apache-2.0
//! HTTP requests, by the face that answered and the class of the status.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use hw_kernel::metric::{Histogram, MetricSource, Page};

const FACES: [&str; 2] = ["people", "aws"];
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Counts of all HTTP doors.
#[derive(Default)]
pub(in crate::serve) struct HttpCounts {
    answers: [[AtomicU64; CLASSES.len()]; FACES.len()],
    seconds: Histogram,
}

/// One face's place among the counts.
#[derive(Clone)]
struct Counted {
    counts: Arc<HttpCounts>,
    face: usize,
}

impl HttpCounts {
    /// Counts what a face answers; `face` is `people` or `aws`.
    pub(in crate::serve) fn layer(self: &Arc<Self>, face: &str, router: Router) -> Router {
        let face = FACES
            .iter()
            .position(|name| *name == face)
            .unwrap_or_default();
        let counts = self.clone();
        router.layer(from_fn_with_state(Counted { counts, face }, count))
    }
}

async fn count(State(counted): State<Counted>, request: Request, next: Next) -> Response {
    let began = std::time::Instant::now();
    let answer = next.run(request).await;
    let class = usize::from(answer.status().as_u16() / 100).clamp(1, CLASSES.len()) - 1;
    let Counted { counts, face } = counted;
    counts.answers[face][class].fetch_add(1, Ordering::Relaxed);
    counts.seconds.observe(began.elapsed());
    answer
}

impl MetricSource for HttpCounts {
    fn write(&self, page: &mut Page) {
        let help = "HTTP requests answered, by face and class of the status.";
        let mut family = page.counter("headwater_http_requests", help);
        for (face, classes) in FACES.iter().zip(&self.answers) {
            for (class, count) in CLASSES.iter().zip(classes) {
                let count = count.load(Ordering::Relaxed);
                family = family.with(&[("face", face), ("class", class)], count);
            }
        }
        let help = "How long HTTP requests took until the head of their answer.";
        page.histogram(
            "headwater_http_request_seconds",
            help,
            &self.seconds.snapshot(),
        );
    }
}
