// SPDX-License-Identifier: Apache-2.0
//! Upkeep by itself: the workers `lake.compact`, `lake.expire`, `lake.sweep` and `lake.retain`,
//! and their rounds on demand.

mod duty;
mod lived;
mod round;
mod settings;
mod worker;

pub use duty::Duty;
pub use round::{DutyReport, TableReport};
pub use settings::{MaintenanceSettings, Retention};
pub use worker::{Maintenance, MaintenanceHandle};
