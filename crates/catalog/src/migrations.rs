// SPDX-License-Identifier: Apache-2.0
//! The migrations, in order, and how a database is brought up to them: each in a transaction of
//! its own, recorded in table `migrations` with the checksum of its text.

use hw_kernel::port::catalog::CatalogError;
use sha2::{Digest, Sha256};
use sqlx::{Connection, Row, SqliteConnection};

use crate::error::engine;

/// One step of the schema. Its text never changes once released: a later step changes what it made.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Counts from 1, without gaps.
    pub number: i64,
    /// Its name, for people.
    pub name: &'static str,
    /// Its statements, in the subset that SQLite and PostgreSQL share.
    pub sql: &'static str,
}

impl Migration {
    fn checksum(&self) -> String {
        hex::encode(Sha256::digest(self.sql))
    }
}

/// All of this release's migrations.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "first_light",
        sql: include_str!("../schema/0001_first_light.sql"),
    },
    Migration {
        number: 2,
        name: "people",
        sql: include_str!("../schema/0002_people.sql"),
    },
    Migration {
        number: 3,
        name: "listing",
        sql: include_str!("../schema/0003_listing.sql"),
    },
    Migration {
        number: 4,
        name: "authorizers",
        sql: include_str!("../schema/0004_authorizers.sql"),
    },
    Migration {
        number: 5,
        name: "mqtt_users",
        sql: include_str!("../schema/0005_mqtt_users.sql"),
    },
    Migration {
        number: 6,
        name: "thing_types_and_groups",
        sql: include_str!("../schema/0006_thing_types_and_groups.sql"),
    },
    Migration {
        number: 7,
        name: "documents",
        sql: include_str!("../schema/0007_documents.sql"),
    },
    Migration {
        number: 8,
        name: "type_versions",
        sql: include_str!("../schema/0008_type_versions.sql"),
    },
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migrations (
    number BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    -- Lower-case hexadecimal SHA-256 of the text.
    checksum TEXT NOT NULL
)";

/// Applies what is missing of `list`. Refuses a database of a newer release, and one that was made
/// by other texts.
pub(crate) async fn apply(
    connection: &mut SqliteConnection,
    list: &[Migration],
) -> Result<(), CatalogError> {
    let applied = applied(connection).await?;
    let known = list.len();
    if applied.len() > known {
        return Err(CatalogError::Damaged(format!(
            "it was written by a newer release: it has migration {}, this release knows {known}",
            applied.len(),
        )));
    }
    for (migration, checksum) in list.iter().zip(&applied) {
        if migration.checksum() != *checksum {
            return Err(CatalogError::Damaged(format!(
                "migration {} ({}) was made from another text than this release's",
                migration.number, migration.name,
            )));
        }
    }
    for migration in &list[applied.len()..] {
        apply_one(connection, migration).await?;
    }
    Ok(())
}

/// Checksums of what the database has, by number from 1.
async fn applied(connection: &mut SqliteConnection) -> Result<Vec<String>, CatalogError> {
    let there = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'migrations'";
    let tables: i64 = sqlx::query_scalar(there)
        .fetch_one(&mut *connection)
        .await
        .map_err(engine)?;
    if tables == 0 {
        return Ok(Vec::new());
    }
    let rows = sqlx::query("SELECT number, checksum FROM migrations ORDER BY number")
        .fetch_all(connection)
        .await
        .map_err(engine)?;
    let mut checksums = Vec::with_capacity(rows.len());
    for row in rows {
        let number: i64 = row.try_get(0).map_err(engine)?;
        if number != checksums.len() as i64 + 1 {
            return Err(CatalogError::Damaged(format!(
                "the list of migrations has {number} where {} is due",
                checksums.len() + 1,
            )));
        }
        checksums.push(row.try_get(1).map_err(engine)?);
    }
    Ok(checksums)
}

async fn apply_one(
    connection: &mut SqliteConnection,
    migration: &Migration,
) -> Result<(), CatalogError> {
    let mut transaction = connection
        .begin_with("BEGIN IMMEDIATE")
        .await
        .map_err(engine)?;
    for text in [TABLE, migration.sql] {
        sqlx::raw_sql(text)
            .execute(&mut *transaction)
            .await
            .map_err(engine)?;
    }
    sqlx::query("INSERT INTO migrations (number, name, checksum) VALUES ($1, $2, $3)")
        .bind(migration.number)
        .bind(migration.name)
        .bind(migration.checksum())
        .execute(&mut *transaction)
        .await
        .map_err(engine)?;
    transaction.commit().await.map_err(engine)?;
    tracing::info!(
        catalog.migration = migration.number,
        migration.name,
        "brought the catalog's schema forward"
    );
    Ok(())
}

#[cfg(test)]
mod tests;
