// SPDX-License-Identifier: Apache-2.0
//! Reading rows as they come, for faces that make something else of them than an answer.

use datafusion::arrow::array::RecordBatch;
use datafusion::common::ScalarValue;
use futures::StreamExt;
use futures::stream::BoxStream;
use hw_model::AccountId;

use crate::engine::Engine;
use crate::error::QueryError;
use crate::param::Param;
use crate::statement::Command;

impl Engine {
    /// Hands each batch of what one query answers to `each`, in the tables of `account`, within
    /// the limits of time and memory; an answer may have any number of rows.
    ///
    /// # Errors
    /// See [`QueryError`], and whatever `each` returns.
    pub async fn read<E: From<QueryError>>(
        &self,
        account: AccountId,
        sql: &'static str,
        params: Vec<Param>,
        mut each: impl FnMut(&RecordBatch) -> Result<(), E>,
    ) -> Result<(), E> {
        let limit = self.limits().statement_time_max;
        let reading = async {
            let mut rows = self.rows(account, sql, params).await?;
            while let Some(batch) = rows.next().await {
                each(&batch?)?;
            }
            Ok(())
        };
        match tokio::time::timeout(limit, reading).await {
            Ok(done) => done,
            Err(_) => Err(QueryError::Time(limit).into()),
        }
    }

    async fn rows(
        &self,
        account: AccountId,
        sql: &'static str,
        params: Vec<Param>,
    ) -> Result<BoxStream<'static, Result<RecordBatch, QueryError>>, QueryError> {
        let not_one = || QueryError::Syntax("one query at a time".into());
        let command = self.parse(sql).await?.pop().ok_or_else(not_one)?;
        let Command::Query(ask) = command else {
            return Err(not_one());
        };
        let session = self.open(account, &account.to_string());
        let values: Vec<_> = params.into_iter().map(ScalarValue::from).collect();
        let told = values.iter().map(|value| Some(value.data_type())).collect();
        let planned = self.plan(&session, *ask, told).await?;
        Ok(self.start(&session, &planned, values).await?.batches)
    }
}
