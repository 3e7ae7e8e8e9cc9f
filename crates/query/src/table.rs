// SPDX-License-Identifier: Apache-2.0
//! A table of an account, as a plan sees it: the files and buffered rows of one moment.

mod buffer;
mod deal;
mod files;
mod pinned;
mod prune;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::datasource::TableType;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::union::UnionExec;
use hw_kernel::Tables;
use hw_kernel::port::tables::TableSpec;
use hw_model::AccountId;

use crate::error::QueryError;
use crate::types::arrow_schema;

/// Reads one table. The snapshot is taken when a plan is made, so that a statement that was
/// prepared long ago sees what is there when it runs.
pub(crate) struct LakeTable {
    account: AccountId,
    spec: TableSpec,
    schema: SchemaRef,
    tables: Arc<dyn Tables>,
    /// Of files and buffer, the file of this key alone.
    only: Option<Box<str>>,
}

impl LakeTable {
    pub(crate) fn new(account: AccountId, spec: TableSpec, tables: Arc<dyn Tables>) -> Self {
        Self {
            account,
            spec,
            schema: arrow_schema(&spec),
            tables,
            only: None,
        }
    }

    /// The table as far as it is in one file.
    pub(crate) fn only(self, key: &str) -> Self {
        Self {
            only: Some(key.into()),
            ..self
        }
    }
}

impl fmt::Debug for LakeTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LakeTable({}/{})", self.account, self.spec.name)
    }
}

#[async_trait]
impl TableProvider for LakeTable {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        // Files, row groups and pages are skipped by them; rows are still checked above.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let snapshot = self
            .tables
            .snapshot(self.account, self.spec.name)
            .await
            .map_err(QueryError::from)?;
        let mut files = prune::by_time(&self.spec, &self.schema, state, filters, &snapshot.files)?;
        if let Some(only) = &self.only {
            files.retain(|file| *file.key == **only);
        }
        let buffered = self.only.is_none() && snapshot.buffer.iter().any(|b| b.num_rows() > 0);

        let mut parts: Vec<Arc<dyn ExecutionPlan>> = Vec::with_capacity(2);
        if !files.is_empty() {
            let scan = files::Scan {
                spec: &self.spec,
                schema: &self.schema,
                projection,
                limit,
                pinned: &snapshot.files,
            };
            parts.push(scan.plan(state, &files)?);
        }
        if buffered {
            parts.push(buffer::plan(&self.schema, &snapshot.buffer, projection)?);
        }
        match parts.len() {
            0 => Ok(Arc::new(EmptyExec::new(projected(
                &self.schema,
                projection,
            )?))),
            1 => Ok(parts.swap_remove(0)),
            _ => UnionExec::try_new(parts),
        }
    }
}

fn projected(schema: &SchemaRef, projection: Option<&Vec<usize>>) -> Result<SchemaRef> {
    Ok(match projection {
        Some(columns) => Arc::new(schema.project(columns)?),
        None => Arc::clone(schema),
    })
}
