// SPDX-License-Identifier: Apache-2.0
//! Rows on their way out, encoded as they come; a statement's end and the limit on rows hold until
//! the last one.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion_postgres::arrow_pg::datatypes::{arrow_schema_to_pg_fields, encode_recordbatch};
use datafusion_postgres::pgwire::api::Type;
use datafusion_postgres::pgwire::api::portal::Format;
use datafusion_postgres::pgwire::api::results::{
    DataRowEncoder, FieldFormat, FieldInfo, QueryResponse, Response,
};
use datafusion_postgres::pgwire::error::{PgWireError, PgWireResult};
use futures::stream::{self, StreamExt};
use tokio::sync::Mutex;

use super::fault;
use super::guard::{Guard, SharedGuard};
use super::state::State;
use crate::engine::Rows;
use crate::error::QueryError;
use crate::tally::Run;

/// The columns of an answer on the wire.
pub(super) fn fields(
    schema: &datafusion::arrow::datatypes::Schema,
    format: &Format,
) -> PgWireResult<Vec<FieldInfo>> {
    if let Format::Individual(codes) = format
        && codes.len() != schema.fields().len()
    {
        return Err(fault::protocol(
            "there must be as many formats as columns, or one, or none",
        ));
    }
    arrow_schema_to_pg_fields(schema, format, None)
}

/// An answer that streams.
pub(super) fn query(
    state: &State,
    rows: Rows,
    format: &Format,
    guard: Guard,
) -> PgWireResult<QueryResponse> {
    let options = state.format();
    let fields = fields(&rows.schema, format)?
        .into_iter()
        .map(|field| field.with_format_options(Arc::clone(&options)))
        .collect::<Vec<_>>();
    let fields = Arc::new(fields);
    let source = Source::new(state, rows, guard);
    state.remember(source.guard());
    let batches = stream::unfold(Some(source), |source| async {
        let mut source = source?;
        match source.next().await {
            Ok(None) => None,
            Ok(Some(batch)) => Some((Ok(batch), Some(source))),
            Err(error) => Some((Err(PgWireError::from(error)), None)),
        }
    });
    let columns = Arc::clone(&fields);
    let rows = batches.flat_map(move |batch| {
        let written = batch.and_then(|batch| {
            super::text::written(batch, &columns).map_err(|e| QueryError::from(e).into())
        });
        match written {
            Ok(batch) => {
                stream::iter(encode_recordbatch(Arc::clone(&columns), batch)).left_stream()
            }
            Err(error) => stream::iter([Err(error)]).right_stream(),
        }
    });
    Ok(QueryResponse::new(fields, rows))
}

/// Rows of a query that runs, within its limits.
pub(super) struct Source {
    rows: Rows,
    guard: SharedGuard,
    left: usize,
    max: usize,
}

impl Source {
    pub(super) fn new(state: &State, rows: Rows, guard: Guard) -> Self {
        let left = state.shared.engine.limits().stream_rows_max;
        Self {
            rows,
            guard: Arc::new(Mutex::new(guard)),
            left,
            max: left,
        }
    }

    /// The statement that the rows are of.
    pub(super) fn run(&self) -> Arc<Run> {
        Arc::clone(&self.rows.run)
    }

    fn guard(&self) -> SharedGuard {
        Arc::clone(&self.guard)
    }

    /// Lets the statement go on as one that begins now.
    pub(super) async fn renew(&mut self, guard: Guard) {
        *self.guard.lock().await = guard;
    }

    pub(super) async fn next(&mut self) -> Result<Option<RecordBatch>, QueryError> {
        let batches = &mut self.rows.batches;
        let mut guard = self.guard.lock().await;
        let batch = guard
            .or_end(async { batches.next().await.transpose() })
            .await?;
        if let Some(batch) = &batch {
            let Some(left) = self.left.checked_sub(batch.num_rows()) else {
                let error = QueryError::rows("stream_rows_max", self.max);
                self.rows.run.failed(&error);
                return Err(error);
            };
            self.left = left;
        }
        Ok(batch)
    }
}

/// The columns of a small answer of text.
pub(super) fn text_fields(names: &[&str]) -> Vec<FieldInfo> {
    let field = |name: &&str| {
        FieldInfo::new(
            (*name).to_owned(),
            None,
            None,
            Type::TEXT,
            FieldFormat::Text,
        )
    };
    names.iter().map(field).collect()
}

/// A small answer of text. Text is the same in both formats.
pub(super) fn text(names: &[&str], rows: Vec<Vec<String>>, tag: &str) -> PgWireResult<Response> {
    let fields = Arc::new(text_fields(names));
    let mut encoder = DataRowEncoder::new(Arc::clone(&fields));
    let mut encoded = Vec::with_capacity(rows.len());
    for row in rows {
        for value in row {
            encoder.encode_field(&value)?;
        }
        encoded.push(Ok(encoder.take_row()));
    }
    let mut response = QueryResponse::new(fields, stream::iter(encoded));
    response.set_command_tag(tag);
    Ok(Response::Query(response))
}
