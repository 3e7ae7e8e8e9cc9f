// SPDX-License-Identifier: Apache-2.0
//! The ports: object-safe, `Arc<dyn …>`, chosen by URL at start, all adapters in one binary.

pub mod blobs;
pub mod catalog;
pub mod clock;
pub mod cursor;
pub mod hold;
pub mod ingest;
pub mod log;
pub mod position;
pub mod tables;
pub mod upkeep;
