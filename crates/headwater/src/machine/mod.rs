// SPDX-License-Identifier: Apache-2.0
//! What the machine says about itself: volumes, clock, ports, limits. Linux.

pub mod code;
pub mod memory;
pub mod ntp;
pub mod process;
pub mod sockets;
pub mod volume;
