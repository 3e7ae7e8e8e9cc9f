// SPDX-License-Identifier: Apache-2.0
//! Events as steps, each with its cure.

use hw_model::AccountId;
use hw_query::Param;
use serde_json::json;

use super::Explainer;
use super::arns::Arns;
use super::cure::{About, cure};
use super::report::{Outcome, Step};
use super::rows::Row;
use crate::error::ApiError;

/// Causes of an end that nobody has to mend.
const ENDED_WELL: &[&str] = &["the client disconnected", "the server shuts down"];

impl Explainer {
    /// Events that fit a condition, oldest first; of many the newest.
    pub(crate) async fn events(
        &self,
        account: AccountId,
        condition: &str,
        params: Vec<Param>,
        max: usize,
    ) -> Result<Vec<Step>, ApiError> {
        let sql = format!(
            "select time, kind, outcome, cause, thing, client_id, principal, topic, address, count \
             from events where {condition} order by time desc limit {max}"
        );
        let mut rows = self.ask(account, &sql, params).await?;
        rows.reverse();
        let arns = Arns {
            region: self.identity.region(),
            account,
        };
        Ok(rows.iter().map(|row| step(row, &arns)).collect())
    }
}

fn step(row: &Row, arns: &Arns<'_>) -> Step {
    let text = |name: &str| row.text(name).unwrap_or_default();
    let (kind, result, cause) = (text("kind"), text("outcome"), text("cause"));
    let count = row.int("count");
    let outcome = match result {
        "ok" => Outcome::Ok,
        "closed" if ENDED_WELL.contains(&cause) => Outcome::Ok,
        "closed" | "ignored" | "cut" => Outcome::Warn,
        _ => Outcome::Fail,
    };
    let mut said = format!("{kind} {result}: {cause}");
    if let Some(topic) = row.text("topic")
        && !cause.contains(topic)
    {
        said.push_str(&format!(" (topic {topic})"));
    }
    if let Some(address) = row.text("address") {
        said.push_str(&format!(", from {address}"));
    }
    if count > 1 {
        said.push_str(&format!(", {count} times"));
    }
    let about = About {
        cause,
        client_id: row.text("client_id"),
        principal: row.text("principal"),
        topic: row.text("topic"),
    };
    let cure = (outcome != Outcome::Ok)
        .then(|| cure(&about, arns))
        .flatten();
    let detail = json!({
        "kind": kind, "outcome": result, "cause": cause, "count": count,
        "thing": row.value("thing"), "client_id": row.value("client_id"),
        "principal": row.value("principal"), "topic": row.value("topic"),
        "address": row.value("address"),
    });
    Step::new("event", outcome, said)
        .at(row.text("time").map(str::to_owned))
        .cure(cure)
        .detail(detail)
}
