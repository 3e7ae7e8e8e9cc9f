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
use crate::described::{Answer, Operation, fields, wanted};
use crate::error::ApiError;
use crate::input::{Arguments, Json};
use crate::shape::{self, Shape};
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

/// In which form the rows are wanted.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// `json`, `csv` or `parquet`; what `Accept` names first, and else JSON, if it is left out.
    format: Option<Shape>,
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
    description: "One query a request; nothing can be changed. `Accept: text/csv` or `format=csv` gives CSV, `Accept: application/vnd.apache.parquet` or `format=parquet` a Parquet file. An answer that is larger than the limits is an error, never cut.",
    query: Some(fields::<Wanted>),
    body: Some(wanted::<Question>),
    answers: &[Answer::json::<Rows>(200, "Done.").or_file()],
    ..Operation::PLAIN
};

pub(crate) async fn answer(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Arguments(wanted): Arguments<Wanted>,
    headers: HeaderMap,
    Json(question): Json<Question>,
) -> Result<Response, ApiError> {
    let shape = wanted.format.unwrap_or_else(|| shape::accepted(&headers));
    let params = question.params.into_iter().enumerate().map(param);
    let params = params.collect::<Result<Vec<_>, _>>()?;
    let _place = turn(&door).await?;
    let engine = &door.deps.engine;
    let answer = engine.sql(caller.account, &question.sql, params).await?;
    if answer.rows() < BIG_ANSWER_ROWS && shape != Shape::Parquet {
        return written(&answer, shape);
    }
    let work = tokio::task::spawn_blocking(move || written(&answer, shape));
    work.await.map_err(|error| ApiError::internal(&error))?
}

fn written(answer: &hw_query::Answer, shape: Shape) -> Result<Response, ApiError> {
    Ok(match shape {
        Shape::Parquet => shape::parquet(answer.to_parquet()?),
        Shape::Csv => csv::answer(csv::of_answer(&answer.to_json()?)?),
        Shape::Json => {
            let json = answer.to_json()?;
            ([(header::CONTENT_TYPE, "application/json")], json).into_response()
        }
    })
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
