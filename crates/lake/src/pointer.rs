// SPDX-License-Identifier: Apache-2.0
//! The tables' rows in the catalog: which metadata file is current, and how far in the Log it
//! comes. Both change in one transaction, and only from the state that the writer read.

use hw_kernel::Catalog;
use hw_kernel::port::catalog::{CatalogError, Statement, Value};
use hw_kernel::port::cursor::Cursor;
use hw_model::{AccountId, Timestamp};

/// The name under which other tools find our tables in this database.
pub(crate) const CATALOG_NAME: &str = "headwater";

/// A table as the catalog has it.
#[derive(Debug, Clone)]
pub(crate) struct Pointer {
    pub account: AccountId,
    pub table: String,
    pub metadata_location: String,
    pub cursor: Cursor,
}

/// All tables of ours. One that somebody else registered has no cursor and is not touched.
pub(crate) async fn all(catalog: &dyn Catalog) -> Result<Vec<Pointer>, CatalogError> {
    let rows = catalog.read(
        "SELECT t.table_namespace, t.table_name, t.metadata_location, c.cursor
           FROM iceberg_tables t
           JOIN lake_cursors c ON c.account = t.table_namespace AND c.table_name = t.table_name
          WHERE t.catalog_name = $1
          ORDER BY t.table_namespace, t.table_name",
        vec![CATALOG_NAME.into()],
    );
    let damaged = |what: &str, text: &str| CatalogError::Damaged(format!("{what}: {text}"));
    let pointer = |row: &hw_kernel::port::catalog::Row| {
        let (account, cursor) = (row.text(0)?, row.text(3)?);
        Ok(Pointer {
            account: account
                .parse()
                .map_err(|_| damaged("not an account", account))?,
            table: row.text(1)?.to_owned(),
            metadata_location: row.text(2)?.to_owned(),
            cursor: cursor
                .parse()
                .map_err(|_| damaged("not a cursor", cursor))?,
        })
    };
    rows.await?.iter().map(pointer).collect()
}

/// The current metadata file of a table, if there is such a table.
pub(crate) async fn current(
    catalog: &dyn Catalog,
    account: AccountId,
    table: &str,
) -> Result<Option<String>, CatalogError> {
    let rows = catalog.read(
        "SELECT metadata_location FROM iceberg_tables
          WHERE catalog_name = $1 AND table_namespace = $2 AND table_name = $3",
        vec![CATALOG_NAME.into(), account.into(), table.into()],
    );
    let rows = rows.await?;
    rows.first()
        .map(|row| row.text(0).map(str::to_owned))
        .transpose()
}

/// Registers a new table.
pub(crate) async fn create(
    catalog: &dyn Catalog,
    pointer: &Pointer,
    now: Timestamp,
) -> Result<(), CatalogError> {
    let Pointer {
        account,
        table,
        metadata_location,
        cursor,
    } = pointer;
    let namespace = Statement::new(
        "INSERT INTO iceberg_namespace_properties
                (catalog_name, namespace, property_key, property_value)
         VALUES ($1, $2, 'exists', 'true') ON CONFLICT DO NOTHING",
        vec![CATALOG_NAME.into(), (*account).into()],
    );
    let row = Statement::new(
        "INSERT INTO iceberg_tables
                (catalog_name, table_namespace, table_name, metadata_location, iceberg_type)
         VALUES ($1, $2, $3, $4, 'TABLE')",
        vec![
            CATALOG_NAME.into(),
            (*account).into(),
            table.as_str().into(),
            metadata_location.as_str().into(),
        ],
    );
    let position = Statement::new(
        "INSERT INTO lake_cursors (account, table_name, cursor, metadata_location, committed_us)
         VALUES ($1, $2, $3, $4, $5)",
        vec![
            (*account).into(),
            table.as_str().into(),
            cursor.to_string().into(),
            metadata_location.as_str().into(),
            now.into(),
        ],
    );
    let statements = vec![namespace, row.expecting(1), position.expecting(1)];
    catalog.write(statements).await.map(drop)
}

/// Moves a table from metadata file `from` to that of `to`, with its cursor; a conflict if
/// anything else is current.
pub(crate) async fn swap(
    catalog: &dyn Catalog,
    from: &str,
    to: &Pointer,
    now: Timestamp,
) -> Result<(), CatalogError> {
    let Pointer {
        account,
        table,
        metadata_location,
        cursor,
    } = to;
    let row = Statement::new(
        "UPDATE iceberg_tables
            SET metadata_location = $1, previous_metadata_location = $2
          WHERE catalog_name = $3 AND table_namespace = $4 AND table_name = $5
            AND metadata_location = $2",
        vec![
            metadata_location.as_str().into(),
            from.into(),
            CATALOG_NAME.into(),
            (*account).into(),
            table.as_str().into(),
        ],
    );
    let position = Statement::new(
        "UPDATE lake_cursors SET cursor = $1, metadata_location = $2, committed_us = $3
          WHERE account = $4 AND table_name = $5 AND metadata_location = $6",
        vec![
            cursor.to_string().into(),
            metadata_location.as_str().into(),
            now.into(),
            (*account).into(),
            table.as_str().into(),
            from.into(),
        ],
    );
    let statements = vec![row.expecting(1), position.expecting(1)];
    catalog.write(statements).await.map(drop)
}

/// Moves the cursors of tables on that have no rows waiting; says of each whether it moved. One
/// that was committed meanwhile is left as it is.
pub(crate) async fn advance(
    catalog: &dyn Catalog,
    tables: &[Pointer],
    now: Timestamp,
) -> Result<Vec<bool>, CatalogError> {
    let statement = |pointer: &Pointer| {
        Statement::new(
            "UPDATE lake_cursors SET cursor = $1, committed_us = $2
              WHERE account = $3 AND table_name = $4 AND metadata_location = $5",
            vec![
                Value::Text(pointer.cursor.to_string()),
                now.into(),
                pointer.account.into(),
                pointer.table.as_str().into(),
                pointer.metadata_location.as_str().into(),
            ],
        )
    };
    let outcomes = catalog
        .write(tables.iter().map(statement).collect())
        .await?;
    Ok(outcomes
        .iter()
        .map(|outcome| outcome.rows_affected == 1)
        .collect())
}
