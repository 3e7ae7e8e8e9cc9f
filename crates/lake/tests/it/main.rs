// SPDX-License-Identifier: Apache-2.0
//! The lake over real Blobs and Catalog: what a reader sees, and what a crash leaves.

mod aside;
mod clock_jumps;
mod commits;
mod compaction;
mod crash;
mod damaged_files;
mod faults;
mod flush_account;
mod ingest;
mod jumpy_clock;
mod left_over;
mod read;
mod retention;
mod rounds;
mod server;
mod suite;
mod tables;
mod upkeep_crash;
mod world;
