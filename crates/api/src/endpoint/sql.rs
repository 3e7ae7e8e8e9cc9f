// SPDX-License-Identifier: Apache-2.0
//! `POST /api/v1/sql`: one statement over the caller's tables, with values for `$1`, `$2`, ….

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use hw_model::ErrorKind;
use hw_query::Param;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::SemaphorePermit;

use crate::auth::{Caller, Door};
use crate::error::ApiError;
use crate::input::Json;

/// Answers with at least so many rows are written as JSON off the async threads.
const BIG_ANSWER_ROWS: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    sql: String,
    #[serde(default)]
    params: Vec<Value>,
}

pub(crate) async fn answer(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Json(question): Json<Question>,
) -> Result<Response, ApiError> {
    let params = question.params.into_iter().enumerate().map(param);
    let params = params.collect::<Result<Vec<_>, _>>()?;
    let place = place(&door).await?;
    let engine = &door.deps.engine;
    let answer = engine.sql(caller.account, &question.sql, params).await?;
    let json = if answer.rows() < BIG_ANSWER_ROWS {
        answer.to_json()?
    } else {
        let written = tokio::task::spawn_blocking(move || answer.to_json()).await;
        written.map_err(|error| ApiError::internal(&error))??
    };
    drop(place);
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

/// Waits for a turn.
async fn place(door: &Door) -> Result<SemaphorePermit<'_>, ApiError> {
    let limits = &door.deps.limits;
    tokio::select! {
        biased;
        place = door.deps.state.statements.acquire() => {
            place.map_err(|error| ApiError::internal(&error))
        }
        () = door.deps.clock.sleep(limits.statement_wait_max) => {
            let max = limits.statements_max;
            let message = format!("{max} statements are running (statements_max); try again");
            Err(ApiError::new(ErrorKind::Limit, message))
        }
    }
}
