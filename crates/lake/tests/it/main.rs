// SPDX-License-Identifier: Apache-2.0
//! The lake over real Blobs and Catalog: what a reader sees, and what a crash leaves.

mod commits;
mod crash;
mod faults;
mod ingest;
mod read;
mod server;
mod tables;
mod world;
