// SPDX-License-Identifier: Apache-2.0
//! `simulate`: virtual devices.

mod device;
mod enrol;
mod report;
mod water;

use clap::Subcommand;

use super::Failure;

pub use enrol::{Enrolment, enrol};
pub(super) use water::speed;

/// Virtual devices that speak to a server as real ones do
#[derive(Debug, Subcommand)]
pub enum Simulate {
    Water(water::Water),
    Device(device::Device),
}

impl Simulate {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match self {
            Self::Water(water) => water.run(),
            Self::Device(device) => device.run(),
        }
    }
}
