// SPDX-License-Identifier: Apache-2.0
//! Rows of an answer, by the names of their columns.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hw_model::AccountId;
use hw_query::{Param, QueryError};
use serde_json::Value;

use super::Explainer;
use crate::error::ApiError;

/// A row.
pub(crate) struct Row(HashMap<String, Value>);

impl Row {
    /// Text, times among it; `None` for NULL.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    pub(crate) fn int(&self, name: &str) -> i64 {
        self.0.get(name).and_then(Value::as_i64).unwrap_or_default()
    }

    pub(crate) fn bool(&self, name: &str) -> bool {
        self.0
            .get(name)
            .and_then(Value::as_bool)
            .unwrap_or_default()
    }

    /// Bytes, which the engine writes in base64.
    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        STANDARD
            .decode(self.text(name).unwrap_or_default())
            .unwrap_or_default()
    }

    /// For details: the value itself.
    pub(crate) fn value(&self, name: &str) -> Value {
        self.0.get(name).cloned().unwrap_or_default()
    }
}

impl Explainer {
    /// Asks one question about an account's tables.
    pub(crate) async fn ask(
        &self,
        account: AccountId,
        sql: &str,
        params: Vec<Param>,
    ) -> Result<Vec<Row>, ApiError> {
        #[derive(serde::Deserialize)]
        struct Column {
            name: String,
        }
        #[derive(serde::Deserialize)]
        struct Answer {
            columns: Vec<Column>,
            rows: Vec<Vec<Value>>,
        }
        let json = match self.engine.sql(account, sql, params).await {
            Ok(answer) => answer.to_json()?,
            // A fresh server makes its tables a moment after its doors are open.
            Err(QueryError::NoTable(_)) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let answer: Answer =
            serde_json::from_str(&json).map_err(|error| ApiError::internal(&error))?;
        let named = |values: Vec<Value>| {
            let names = answer.columns.iter().map(|column| column.name.clone());
            Row(names.zip(values).collect())
        };
        Ok(answer.rows.into_iter().map(named).collect())
    }
}

/// A text parameter.
pub(crate) fn text(value: &str) -> Param {
    Param::Text(value.to_owned())
}
