// SPDX-License-Identifier: Apache-2.0
//! The schema `pg_catalog`: our own rows where they depend on the account, the fixed tables of a
//! fresh PostgreSQL (types, operators, functions) for the rest.

mod relations;
mod system;
mod views;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::common::Result;
use datafusion::datasource::TableType;
use datafusion_pg_catalog::pg_catalog::catalog_info::CatalogInfo;
use datafusion_pg_catalog::pg_catalog::context::EmptyContextProvider;
use datafusion_pg_catalog::pg_catalog::{PgCatalogSchemaProvider, PgCatalogStaticTables};

use super::public::Public;
use super::rows::table;
use crate::activity::Activity;
use crate::session::SharedSettings;

pub(crate) use views::is_view;

/// The fixed tables; they are decoded once and shared by all sessions.
pub(crate) struct Statics {
    fallback: PgCatalogSchemaProvider<Nothing, EmptyContextProvider>,
    keywords: Arc<dyn datafusion::catalog::TableFunctionImpl>,
}

impl Statics {
    /// Fails only if the tables that are built in can't be decoded.
    pub(crate) fn new() -> Result<Self> {
        let tables = Arc::new(PgCatalogStaticTables::try_new()?);
        let keywords = Arc::clone(&tables.pg_get_keywords) as Arc<_>;
        let fallback = PgCatalogSchemaProvider::try_new(Nothing, tables, EmptyContextProvider)?;
        Ok(Self { fallback, keywords })
    }

    /// The table function `pg_get_keywords`.
    pub(crate) fn keywords(&self) -> Arc<dyn datafusion::catalog::TableFunctionImpl> {
        Arc::clone(&self.keywords)
    }

    fn schema(&self, name: &str) -> Result<Option<SchemaRef>> {
        Ok(self
            .fallback
            .build_table_by_name(name)?
            .map(|table| table.schema()))
    }
}

impl fmt::Debug for Statics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Statics")
    }
}

/// A catalog of nothing: what depends on the account never comes from the fallback.
#[derive(Debug, Clone)]
struct Nothing;

#[async_trait]
impl CatalogInfo for Nothing {
    async fn catalog_names(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    async fn schema_names(&self, _: &str) -> Result<Option<Vec<String>>> {
        Ok(None)
    }

    async fn table_names(&self, _: &str, _: &str) -> Result<Option<Vec<String>>> {
        Ok(None)
    }

    async fn table_schema(&self, _: &str, _: &str, _: &str) -> Result<Option<SchemaRef>> {
        Ok(None)
    }

    async fn table_type(&self, _: &str, _: &str, _: &str) -> Result<Option<TableType>> {
        Ok(None)
    }
}

/// `pg_catalog` of one account.
#[derive(Debug)]
pub(super) struct Postgres {
    public: Public,
    statics: Arc<Statics>,
    seen: Seen,
}

/// What a session's catalog shows besides tables.
#[derive(Debug)]
pub(crate) struct Seen {
    pub activity: Arc<Activity>,
    pub settings: SharedSettings,
}

impl Postgres {
    pub(super) fn new(public: Public, statics: Arc<Statics>, seen: Seen) -> Self {
        Self {
            public,
            statics,
            seen,
        }
    }
}

#[async_trait]
impl SchemaProvider for Postgres {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn table_names(&self) -> Vec<String> {
        Vec::new()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let rows = match name {
            "pg_class" => relations::classes(&self.public.list().await?),
            "pg_attribute" => relations::attributes(&self.public.list().await?),
            "pg_description" => relations::descriptions(&self.public.list().await?),
            "pg_tables" => relations::tables(&self.public.list().await?),
            "pg_namespace" => system::namespaces(),
            "pg_database" => system::databases(),
            "pg_roles" => system::roles(self.public.account()),
            "pg_authid" => system::roles(self.public.account()),
            "pg_auth_members" | "pg_constraint" | "pg_extension" | "pg_index" => Vec::new(),
            "pg_settings" => system::settings(&self.seen.settings.read()),
            view if is_view(view) => {
                let Some(columns) = views::columns(view) else {
                    return Ok(None);
                };
                let rows = views::rows(view, &self.public, &self.seen.activity);
                return Ok(Some(table(columns, &rows)?));
            }
            _ => return self.statics.fallback.table(name).await,
        };
        let Some(schema) = self.statics.schema(name)? else {
            return Ok(None);
        };
        Ok(Some(table(completed(name, &schema), &rows)?))
    }

    fn table_exist(&self, name: &str) -> bool {
        is_view(name) || self.statics.fallback.table_exist(name)
    }
}

/// Columns that the fixed schemas lack, or have as text where tools want arrays.
fn completed(table: &str, schema: &SchemaRef) -> SchemaRef {
    let numbers = matches!(table, "pg_constraint" | "pg_index");
    let item = if numbers {
        DataType::Int16
    } else {
        DataType::Utf8
    };
    let texts = |name: &str| Field::new_list(name, Field::new_list_field(item.clone(), true), true);
    let arrays: &[&str] = match table {
        "pg_class" => &["relacl", "reloptions"],
        "pg_attribute" => &["attacl", "attoptions"],
        "pg_namespace" => &["nspacl"],
        "pg_constraint" => &["conkey", "confkey", "conpfeqop", "conppeqop", "conffeqop"],
        "pg_index" => &["indkey", "indcollation", "indclass", "indoption"],
        _ => return Arc::clone(schema),
    };
    let kept = schema
        .fields()
        .iter()
        .filter(|field| !arrays.contains(&field.name().as_str()));
    let mut fields: Vec<Field> = kept.map(|field| field.as_ref().clone()).collect();
    fields.extend(arrays.iter().map(|name| texts(name)));
    Arc::new(Schema::new(fields))
}

/// Object ids: those of schemas are PostgreSQL's own, those of tables follow from their names, so
/// that the several statements of one `\d` agree without anything being remembered.
pub(crate) mod oid {
    /// `pg_catalog`.
    pub const PG_CATALOG: i64 = 11;
    /// `public`.
    pub const PUBLIC: i64 = 2200;
    /// `information_schema`.
    pub const INFORMATION_SCHEMA: i64 = 13_000;
    /// The one database.
    pub const DATABASE: i64 = 16_384;
    /// The owner of everything.
    pub const OWNER: i64 = 10;
    /// `pg_class` itself, as a class of objects that have descriptions.
    pub const CLASS_OF_TABLES: i64 = 1259;

    /// The id of a table of `pg_catalog` that objects with descriptions are of.
    pub fn of_system(name: &str) -> Option<i64> {
        Some(match name.strip_prefix("pg_catalog.").unwrap_or(name) {
            "pg_class" => CLASS_OF_TABLES,
            "pg_type" => 1247,
            "pg_attribute" => 1249,
            "pg_proc" => 1255,
            "pg_database" => 1262,
            "pg_constraint" => 2606,
            "pg_namespace" => 2615,
            _ => return None,
        })
    }

    /// The id of a table in `public`.
    pub fn table(name: &str) -> i64 {
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        // Above the ids of the system, below what a signed 32-bit number holds.
        16_385 + i64::from((hash ^ (hash >> 32)) as u32 >> 2)
    }
}
