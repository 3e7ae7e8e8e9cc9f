// SPDX-License-Identifier: Apache-2.0
//! Iceberg's catalog for one commit: it knows one table in one state, and moves the pointer only
//! from there.
//!
//! The crate's transactions load the table again before the first try and put a stale append on
//! top of what they find: rows of a position that is committed already would be committed twice.
//! So this catalog gives back nothing but the state whose cursor the writer has read, refuses if
//! the pointer is elsewhere, and writes pointer and cursor in one transaction.

use std::collections::HashMap;
use std::str::FromStr;

use async_trait::async_trait;
use hw_kernel::Catalog;
use hw_kernel::port::catalog::CatalogError;
use hw_kernel::port::cursor::Cursor;
use iceberg::spec::TableMetadata;
use iceberg::table::Table;
use iceberg::{
    Error, ErrorKind, MetadataLocation, Namespace, NamespaceIdent, Result, TableCommit,
    TableCreation, TableIdent,
};

use super::open::iceberg_table;
use super::rising;
use crate::env::Env;
use crate::place::Place;
use crate::pointer::{self, Pointer};

/// A commit that may happen once.
pub(crate) struct Swap<'a> {
    pub env: &'a Env,
    pub place: &'a Place,
    /// The state that the commit builds on.
    pub base: &'a Table,
    /// How far the table has come with it.
    pub cursor: &'a Cursor,
}

impl std::fmt::Debug for Swap<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Swap").field(&self.place.location).finish()
    }
}

impl Swap<'_> {
    fn catalog(&self) -> &dyn Catalog {
        &*self.env.catalog
    }
}

/// Writes `next` behind the metadata of `base`, and makes it and `cursor` the table's; refused if
/// anything else than `base` is current.
pub(super) async fn install(
    env: &Env,
    place: &Place,
    base: &Table,
    next: TableMetadata,
    cursor: &Cursor,
) -> Result<Table> {
    let from = base.metadata_location_result()?;
    let to = MetadataLocation::from_str(from)?
        .with_next_version()
        .with_new_metadata(&next);
    next.write_to(base.file_io(), &to).await?;
    let pointer = Pointer {
        account: place.account,
        table: place.table.clone(),
        metadata_location: to.to_string(),
        cursor: cursor.clone(),
    };
    match pointer::swap(&*env.catalog, from, &pointer, env.clock.now()).await {
        Ok(()) => iceberg_table(env, place, next, &pointer.metadata_location),
        Err(CatalogError::Conflict { .. }) => Err(moved(place)),
        Err(error) => Err(failed(error)),
    }
}

fn moved(place: &Place) -> Error {
    let message = format!("table {} is not where it was read", place.table);
    Error::new(ErrorKind::CatalogCommitConflicts, message)
}

fn failed(error: CatalogError) -> Error {
    Error::new(ErrorKind::Unexpected, "the catalog refused").with_source(error)
}

fn refused<T>(what: &str) -> Result<T> {
    let message = format!("{what} is no part of a commit");
    Err(Error::new(ErrorKind::FeatureUnsupported, message))
}

#[async_trait]
impl iceberg::Catalog for Swap<'_> {
    async fn load_table(&self, _table: &TableIdent) -> Result<Table> {
        let Place { account, table, .. } = self.place;
        let current = pointer::current(self.catalog(), *account, table).await;
        if current.map_err(failed)?.as_deref() != self.base.metadata_location() {
            return Err(moved(self.place));
        }
        rising::lowered(
            self.env,
            self.place,
            self.base,
            self.env.clock.now().millis(),
        )
    }

    async fn update_table(&self, commit: TableCommit) -> Result<Table> {
        let next = rising::apply(self.base, commit)?;
        install(self.env, self.place, self.base, next, self.cursor).await
    }

    async fn table_exists(&self, _table: &TableIdent) -> Result<bool> {
        Ok(true)
    }

    async fn list_namespaces(&self, _: Option<&NamespaceIdent>) -> Result<Vec<NamespaceIdent>> {
        refused("listing namespaces")
    }

    async fn create_namespace(
        &self,
        _: &NamespaceIdent,
        _: HashMap<String, String>,
    ) -> Result<Namespace> {
        refused("creating a namespace")
    }

    async fn get_namespace(&self, _: &NamespaceIdent) -> Result<Namespace> {
        refused("reading a namespace")
    }

    async fn namespace_exists(&self, _: &NamespaceIdent) -> Result<bool> {
        refused("looking for a namespace")
    }

    async fn update_namespace(&self, _: &NamespaceIdent, _: HashMap<String, String>) -> Result<()> {
        refused("changing a namespace")
    }

    async fn drop_namespace(&self, _: &NamespaceIdent) -> Result<()> {
        refused("dropping a namespace")
    }

    async fn list_tables(&self, _: &NamespaceIdent) -> Result<Vec<TableIdent>> {
        refused("listing tables")
    }

    async fn create_table(&self, _: &NamespaceIdent, _: TableCreation) -> Result<Table> {
        refused("creating a table")
    }

    async fn drop_table(&self, _: &TableIdent) -> Result<()> {
        refused("dropping a table")
    }

    async fn purge_table(&self, _: &TableIdent) -> Result<()> {
        refused("purging a table")
    }

    async fn rename_table(&self, _: &TableIdent, _: &TableIdent) -> Result<()> {
        refused("renaming a table")
    }

    async fn register_table(&self, _: &TableIdent, _: String) -> Result<Table> {
        refused("registering a table")
    }
}
