// SPDX-License-Identifier: Apache-2.0
//! Which rows of `telemetry` a message made, or why it made none.

use hw_model::AccountId;
use serde_json::json;

use super::Explainer;
use super::report::{Outcome, Step};
use super::rows::{Row, text};
use crate::error::ApiError;

/// Metrics named at most.
const METRICS_MAX: usize = 8;

impl Explainer {
    /// The step `telemetry` of a row of `messages`.
    pub(crate) async fn telemetry(
        &self,
        account: AccountId,
        trace: &str,
        message: &Row,
    ) -> Result<Step, ApiError> {
        let sql = "select metric from telemetry where trace_id = $1 and time = $2 order by metric";
        let time = message.text("time").unwrap_or_default();
        let rows = self
            .ask(account, sql, vec![text(trace), text(time)])
            .await?;
        if rows.is_empty() {
            return Ok(none(&message.bytes("payload")));
        }
        let metrics: Vec<&str> = rows.iter().filter_map(|row| row.text("metric")).collect();
        let count = metrics.len();
        let named = metrics.iter().take(METRICS_MAX).copied();
        let mut list = named.collect::<Vec<_>>().join(", ");
        if count > METRICS_MAX {
            list.push_str(", …");
        }
        let rows = if count == 1 { "row" } else { "rows" };
        let said = format!("{count} {rows} in telemetry: {list}");
        let detail = json!({ "rows": count, "metrics": metrics });
        Ok(Step::new("telemetry", Outcome::Ok, said).detail(detail))
    }
}

/// Why there is none.
fn none(payload: &[u8]) -> Step {
    let json = serde_json::from_slice::<serde::de::IgnoredAny>(payload);
    let first = payload.iter().find(|byte| !byte.is_ascii_whitespace());
    let said = match (json, first) {
        (_, None) => "the payload is empty",
        (Ok(_), _) => "the JSON holds no number, boolean or text that fits (or only nulls)",
        (Err(_), Some(b'{' | b'[' | b'"')) => "the payload starts like JSON, but is none",
        _ => "the payload is not JSON",
    };
    let said = format!("no row in telemetry: {said}; it is in messages byte for byte");
    Step::new("telemetry", Outcome::Warn, said).detail(json!({ "rows": 0 }))
}
