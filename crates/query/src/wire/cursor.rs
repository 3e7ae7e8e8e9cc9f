// SPDX-License-Identifier: Apache-2.0
//! Cursors of SQL: `DECLARE` begins a query, each `FETCH` takes some of its rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion_postgres::pgwire::api::portal::Format;
use datafusion_postgres::pgwire::api::results::{QueryResponse, Response, Tag};
use datafusion_postgres::pgwire::error::PgWireResult;
use datafusion_postgres::pgwire::messages::response::TransactionStatus;
use futures::StreamExt;
use futures::stream;
use tokio::sync::Mutex;

use super::rows::{self, Source};
use super::state::State;
use crate::engine::Rows;
use crate::error::QueryError;

/// A query that has begun, and the rows that were taken from it too early.
pub(super) struct Cursor {
    schema: SchemaRef,
    source: Source,
    left_over: Option<RecordBatch>,
    hold: bool,
}

/// The cursors of a connection.
#[derive(Default)]
pub(super) struct Cursors(parking_lot::Mutex<BTreeMap<String, Arc<Mutex<Cursor>>>>);

impl Cursors {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.lock().len()
    }

    fn get(&self, name: &str) -> Result<Arc<Mutex<Cursor>>, QueryError> {
        self.0.lock().get(name).cloned().ok_or_else(|| none(name))
    }

    /// The columns of a cursor.
    pub(super) async fn schema(&self, name: &str) -> Result<SchemaRef, QueryError> {
        Ok(Arc::clone(&self.get(name)?.lock().await.schema))
    }

    /// At the end of a transaction.
    pub(super) async fn end_transaction(&self) {
        let all: Vec<_> = self
            .0
            .lock()
            .iter()
            .map(|(n, c)| (n.clone(), Arc::clone(c)))
            .collect();
        for (name, cursor) in all {
            if !cursor.lock().await.hold {
                self.0.lock().remove(&name);
            }
        }
    }

    /// `CLOSE`; `None` is all.
    pub(super) fn close(&self, name: Option<&str>) -> Result<Response, QueryError> {
        match name {
            None => self.0.lock().clear(),
            Some(name) => {
                self.0.lock().remove(name).ok_or_else(|| none(name))?;
            }
        }
        Ok(Response::Execution(Tag::new("CLOSE CURSOR")))
    }
}

fn none(name: &str) -> QueryError {
    QueryError::state("34000", format!("cursor \"{name}\" does not exist"))
}

/// `DECLARE`: `rows` are those of its query.
pub(super) fn declare(
    state: &State,
    status: TransactionStatus,
    (name, hold): (&str, bool),
    rows: Rows,
) -> PgWireResult<Response> {
    if !hold && matches!(status, TransactionStatus::Idle) {
        let text = "DECLARE CURSOR can only be used in transaction blocks, or WITH HOLD";
        return Err(QueryError::state("25P01", text).into());
    }
    state.room_for_one()?;
    let cursor = Cursor {
        schema: Arc::clone(&rows.schema),
        source: Source::new(state, rows, state.guard()),
        left_over: None,
        hold,
    };
    let mut all = state.cursors.0.lock();
    if all.contains_key(name) {
        let text = format!("cursor \"{name}\" already exists");
        return Err(QueryError::state("42P03", text).into());
    }
    all.insert(name.to_owned(), Arc::new(Mutex::new(cursor)));
    Ok(Response::Execution(Tag::new("DECLARE CURSOR")))
}

/// `FETCH`: so many rows, or all; each has the statement's time for itself.
pub(super) async fn fetch(
    state: &State,
    name: &str,
    count: Option<usize>,
    format: &Format,
) -> PgWireResult<QueryResponse> {
    let cursor = state.cursors.get(name)?;
    let mut cursor = cursor.lock().await;
    cursor.source.renew(state.guard()).await;
    let bytes_max = state.shared.engine.limits().answer_bytes_max;
    let batches = cursor.take(count, bytes_max).await?;
    let rows = Rows {
        schema: Arc::clone(&cursor.schema),
        batches: stream::iter(batches.into_iter().map(Ok)).boxed(),
        run: cursor.source.run(),
    };
    let mut response = rows::query(state, rows, format, state.guard())?;
    response.set_command_tag("FETCH");
    Ok(response)
}

impl Cursor {
    async fn take(
        &mut self,
        count: Option<usize>,
        bytes_max: usize,
    ) -> Result<Vec<RecordBatch>, QueryError> {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        let mut left = count.unwrap_or(usize::MAX);
        while left > 0 {
            let next = match self.left_over.take() {
                Some(batch) => Some(batch),
                None => self.source.next().await?,
            };
            let Some(batch) = next else { break };
            let rows = batch.num_rows().min(left);
            if rows < batch.num_rows() {
                self.left_over = Some(batch.slice(rows, batch.num_rows() - rows));
            }
            left -= rows;
            bytes += batch.get_array_memory_size();
            if bytes > bytes_max {
                let text = format!(
                    "the rows of one FETCH are larger than {bytes_max} bytes (answer_bytes_max): \
                     fetch fewer at a time"
                );
                return Err(QueryError::limit("54000", text));
            }
            taken.push(batch.slice(0, rows));
        }
        Ok(taken)
    }
}
