// SPDX-License-Identifier: Apache-2.0
//! SQL over an account's tables: committed files and buffered rows as one, read-only.
//!
//! The only crate that names DataFusion. It knows the ports `Tables` and `Blobs`; it must not know
//! how they are kept, who calls, or what HTTP is. What a session can see is what its catalog holds:
//! there is no other account's table to be denied.

mod activity;
mod answer;
mod catalog;
mod engine;
mod error;
mod find;
mod function;
mod limits;
mod param;
mod plan;
mod read;
mod rewrite;
mod runtime;
mod session;
mod statement;
mod table;
mod tally;
mod types;
pub mod wire;

pub use answer::{Answer, AnswerColumn};
pub use datafusion::arrow::record_batch::RecordBatch;
pub use datafusion::prelude::SessionContext;
pub use engine::Engine;
pub use error::QueryError;
pub use find::RowOf;
pub use limits::{Host, Limits, Roles};
pub use param::Param;
pub use wire::{PgAuth, PgLimits, PgServer};
