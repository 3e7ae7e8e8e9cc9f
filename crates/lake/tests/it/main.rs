// SPDX-License-Identifier: Apache-2.0
//! The lake over real Blobs and Catalog: what a reader sees, and what a crash leaves.

mod aside;
mod commits;
mod compaction;
mod crash;
mod damaged_files;
mod faults;
mod flush_account;
mod ingest;
mod read;
mod server;
mod suite;
mod tables;
mod upkeep_crash;
mod world;
