// SPDX-License-Identifier: Apache-2.0
//! What a session can name: one database with its account's tables and the system's views of them.
//!
//! Names are looked up when a statement is planned, so a table is there from its first row on.

mod information;
mod postgres;
mod public;
mod rows;

use std::any::Any;
use std::sync::Arc;

use datafusion::catalog::{CatalogProvider, CatalogProviderList, SchemaProvider};
use datafusion::common::Result;
use hw_kernel::Tables;
use hw_model::AccountId;

pub(crate) use postgres::{Seen, Statics, is_view, oid};
pub(crate) use public::{Described, OneFile};

/// The name of the one database.
pub(crate) const DATABASE: &str = "headwater";
/// The schema that holds the tables.
pub(crate) const PUBLIC: &str = "public";
const INFORMATION: &str = "information_schema";
const POSTGRES: &str = "pg_catalog";

/// The catalog of one account. Nothing can be registered in it.
#[derive(Debug)]
pub(crate) struct AccountCatalog {
    public: Arc<public::Public>,
    information: Arc<dyn SchemaProvider>,
    postgres: Arc<dyn SchemaProvider>,
}

impl AccountCatalog {
    pub(crate) fn new(
        account: AccountId,
        tables: Arc<dyn Tables>,
        statics: Arc<Statics>,
        seen: Seen,
    ) -> Arc<Self> {
        let public = public::Public::new(account, tables);
        Arc::new(Self {
            information: Arc::new(information::Information::new(public.clone())),
            postgres: Arc::new(postgres::Postgres::new(public.clone(), statics, seen)),
            public: Arc::new(public),
        })
    }

    /// Sees the tables for the first time, if it has not yet: functions that turn names into ids
    /// can't wait for a list.
    pub(crate) async fn look(&self) -> Result<()> {
        if self.public.described().read().is_empty() {
            self.public.list().await?;
        }
        Ok(())
    }

    /// One file of a table; `None` if there is no such table.
    pub(crate) async fn file(&self, table: &str, key: &str) -> Result<Option<OneFile>> {
        self.public.file(table, key).await
    }

    /// The tables as the catalog saw them last.
    pub(crate) fn described(&self) -> Described {
        self.public.described()
    }
}

impl CatalogProvider for AccountCatalog {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn schema_names(&self) -> Vec<String> {
        [PUBLIC, INFORMATION, POSTGRES].map(str::to_owned).to_vec()
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        match name {
            PUBLIC => Some(Arc::clone(&self.public) as Arc<dyn SchemaProvider>),
            INFORMATION => Some(Arc::clone(&self.information)),
            POSTGRES => Some(Arc::clone(&self.postgres)),
            _ => None,
        }
    }
}

/// The list of databases: the one.
#[derive(Debug)]
pub(crate) struct OneDatabase(pub(crate) Arc<AccountCatalog>);

impl CatalogProviderList for OneDatabase {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn register_catalog(
        &self,
        _name: String,
        _catalog: Arc<dyn CatalogProvider>,
    ) -> Option<Arc<dyn CatalogProvider>> {
        None
    }

    fn catalog_names(&self) -> Vec<String> {
        vec![DATABASE.to_owned()]
    }

    fn catalog(&self, name: &str) -> Option<Arc<dyn CatalogProvider>> {
        (name == DATABASE).then(|| Arc::clone(&self.0) as Arc<dyn CatalogProvider>)
    }
}
