// SPDX-License-Identifier: Apache-2.0
//! Fakes, and the conformance suite of each port: a second backend is run through the same one.

pub mod blobs_suite;
pub mod catalog_suite;
pub mod clock;
pub mod log_suite;
pub mod tables_suite;
