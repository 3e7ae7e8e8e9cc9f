// SPDX-License-Identifier: Apache-2.0
//! What an explanation looks like: one sentence, then steps in the order in which they happened.

use hw_model::Timestamp;
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const RFC_3339_MICROS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// As it should.
    Ok,
    /// Somebody may have wished otherwise.
    Warn,
    /// It was refused, dropped or lost.
    Fail,
    /// It is not known any more.
    Unknown,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Step {
    /// `received`, `allowed`, `kept`, `acknowledged`, `delivered`, `file`, `telemetry`,
    /// `connection`, `certificate`, `message`, `event`.
    pub step: &'static str,
    pub outcome: Outcome,
    /// RFC 3339 in UTC, microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// For people.
    pub text: String,
    /// What to do, if something should be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cure: Option<String>,
    /// The same for programs.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub detail: Value,
}

impl Step {
    pub(crate) fn new(step: &'static str, outcome: Outcome, text: impl Into<String>) -> Self {
        Self {
            step,
            outcome,
            time: None,
            text: text.into(),
            cure: None,
            detail: Value::Null,
        }
    }

    pub(crate) fn at(self, time: Option<String>) -> Self {
        Self { time, ..self }
    }

    pub(crate) fn cure(self, cure: impl Into<Option<String>>) -> Self {
        Self {
            cure: cure.into(),
            ..self
        }
    }

    pub(crate) fn detail(self, detail: Value) -> Self {
        Self { detail, ..self }
    }
}

/// A whole explanation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Report {
    /// `{"trace_id":…}`, `{"client_id":…}` or `{"thing":…}` as it was asked for, and what it is.
    pub about: Value,
    /// In one sentence.
    pub verdict: String,
    pub steps: Vec<Step>,
}

/// As every answer of the API writes times.
pub(crate) fn rfc_3339(time: Timestamp) -> Option<String> {
    let nanos = i128::from(time.0) * 1_000;
    let time = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()?;
    time.format(RFC_3339_MICROS).ok()
}

/// Microseconds since 1970 of a time that the engine wrote.
pub(crate) fn micros(text: &str) -> Option<i64> {
    let time = OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()?;
    i64::try_from(time.unix_timestamp_nanos() / 1_000).ok()
}
