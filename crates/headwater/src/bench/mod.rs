// SPDX-License-Identifier: Apache-2.0
//! A load generator for MQTT brokers: publishers at a steady rate, subscribers that check what
//! comes, and what both have measured.
//!
//! [`run`] connects everybody, then lets them go at once. Each message says who sent it, its number
//! and when (`payload`), so that subscribers find what is lost, doubled or out of order, and how
//! long it took. All clocks are this process's, so that latencies are true.

mod histogram;
mod link;
mod payload;
mod plan;
mod publisher;
mod report;
mod run;
mod subscriber;
mod temporary;

pub use link::Door;
pub use plan::Plan;
pub use report::{Latency, Report};
pub use run::{Progress, run};
pub use temporary::Temporary;
