// SPDX-License-Identifier: Apache-2.0
//! `POST /api/v1/sql`: one statement over the caller's tables, with values for `$1`, `$2`, ….

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use hw_query::Param;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::auth::{Caller, Door};
use crate::csv;
use crate::described::{Answer, Operation, wanted};
use crate::error::ApiError;
use crate::input::Json;
use crate::turn::turn;

/// Answers with at least so many rows are written as JSON off the async threads.
const BIG_ANSWER_ROWS: usize = 1_000;

/// A statement and its values.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// One query over `messages`, `telemetry` and `events`.
    #[schemars(length(min = 1))]
    sql: String,
    /// Values of `$1`, `$2`, …: null, booleans, numbers and text.
    #[serde(default)]
    params: Vec<Value>,
}

/// The rows of a query.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "it documents what another crate writes")]
pub(crate) struct Rows {
    columns: Vec<RowsColumn>,
    /// A value per column. Times are RFC 3339, bytes base64, exact decimals text.
    rows: Vec<Vec<Value>>,
}

/// A column of rows.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "it documents what another crate writes")]
pub(crate) struct RowsColumn {
    name: String,
    /// PostgreSQL's name of its type.
    r#type: String,
}

/// How it is described.
pub(crate) const ANSWER: Operation = Operation {
    id: "sql",
    tag: "data",
    summary: "Ask the tables in SQL",
    description: "One query a request; nothing can be changed. `Accept: text/csv` gives CSV. An answer that is larger than the limits is an error, never cut.",
    body: Some(wanted::<Question>),
    answers: &[Answer::json::<Rows>(200, "Done.").or_csv()],
    ..Operation::PLAIN
};

pub(crate) async fn answer(
    State(door): State<Arc<Door>>,
    caller: Caller,
    headers: HeaderMap,
    Json(question): Json<Question>,
) -> Result<Response, ApiError> {
    let params = question.params.into_iter().enumerate().map(param);
    let params = params.collect::<Result<Vec<_>, _>>()?;
    let place = turn(&door).await?;
    let engine = &door.deps.engine;
    let answer = engine.sql(caller.account, &question.sql, params).await?;
    let json = if answer.rows() < BIG_ANSWER_ROWS {
        answer.to_json()?
    } else {
        let written = tokio::task::spawn_blocking(move || answer.to_json()).await;
        written.map_err(|error| ApiError::internal(&error))??
    };
    drop(place);
    if csv::wanted(&headers) {
        return Ok(csv::answer(csv::of_answer(&json)?));
    }
    Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
}

fn param((index, value): (usize, Value)) -> Result<Param, ApiError> {
    let wrong = |what: &str| Err(ApiError::invalid(format!("params[{index}]: {what}")));
    match value {
        Value::Null => Ok(Param::Null),
        Value::Bool(value) => Ok(Param::Bool(value)),
        Value::String(text) => Ok(Param::Text(text)),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Ok(Param::Int(whole)),
            (None, Some(value)) if !number.is_u64() => Ok(Param::Float(value)),
            _ => wrong("the number is too large for a bigint; send it as text"),
        },
        Value::Array(_) | Value::Object(_) => {
            wrong("only null, booleans, numbers and text can be bound")
        }
    }
}
