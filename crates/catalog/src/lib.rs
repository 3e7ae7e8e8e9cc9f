// SPDX-License-Identifier: Apache-2.0
//! Adapters of the catalog port: small records in transactions, and the one list of migrations.
//!
//! Knows SQL engines; must not know what the records mean.

mod check;
mod error;
mod keeper;
mod migrations;
mod repeated;
mod resolver;
mod room;
mod sqlite;
mod sums;
mod transaction;
mod value;
mod wal;

pub use migrations::{MIGRATIONS, Migration};
pub use resolver::open_url;
pub use sqlite::SqliteCatalog;
