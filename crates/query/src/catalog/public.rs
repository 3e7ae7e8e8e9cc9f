// SPDX-License-Identifier: Apache-2.0
//! The schema `public`: the tables of the session's account.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::common::Result;
use hw_kernel::Tables;
use hw_kernel::port::tables::TableSpec;
use hw_model::AccountId;
use parking_lot::RwLock;

use crate::error::QueryError;
use crate::table::LakeTable;

/// Looks tables up in the port, under one account.
#[derive(Clone)]
pub(super) struct Public {
    account: AccountId,
    tables: Arc<dyn Tables>,
    described: Described,
}

/// A table of which a scan reads one file.
pub(crate) struct OneFile {
    pub spec: TableSpec,
    pub table: LakeTable,
}

/// Specs of tables as they were last listed, for functions that cannot wait for a list.
pub(crate) type Described = Arc<RwLock<Vec<TableSpec>>>;

impl Public {
    pub(super) fn new(account: AccountId, tables: Arc<dyn Tables>) -> Self {
        Self {
            account,
            tables,
            described: Described::default(),
        }
    }

    /// All tables of the account, in order.
    pub(super) async fn list(&self) -> Result<Vec<TableSpec>> {
        let specs = self
            .tables
            .list(self.account)
            .await
            .map_err(QueryError::from)?;
        self.described.write().clone_from(&specs);
        Ok(specs)
    }

    async fn lake_table(&self, name: &str) -> Result<Option<(TableSpec, LakeTable)>> {
        let specs = self.list().await?;
        let spec = specs.into_iter().find(|spec| spec.name == name);
        Ok(spec.map(|spec| {
            let table = LakeTable::new(self.account, spec, Arc::clone(&self.tables));
            (spec, table)
        }))
    }

    /// One file of a table; `None` if there is no such table.
    pub(super) async fn file(&self, name: &str, key: &str) -> Result<Option<OneFile>> {
        let known = self.lake_table(name).await?;
        Ok(known.map(|(spec, table)| OneFile {
            spec,
            table: table.only(key),
        }))
    }

    pub(super) fn described(&self) -> Described {
        Arc::clone(&self.described)
    }

    pub(super) fn account(&self) -> AccountId {
        self.account
    }
}

impl fmt::Debug for Public {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Public({})", self.account)
    }
}

#[async_trait]
impl SchemaProvider for Public {
    fn as_any(&self) -> &dyn Any {
        self
    }

    /// The engine asks for names only to list them in its own views, which are replaced by ours.
    fn table_names(&self) -> Vec<String> {
        Vec::new()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let known = self.lake_table(name).await?;
        Ok(known.map(|(_, table)| Arc::new(table) as Arc<dyn TableProvider>))
    }

    fn table_exist(&self, _name: &str) -> bool {
        false
    }
}
