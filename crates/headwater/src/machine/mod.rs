// SPDX-License-Identifier: Apache-2.0
//! What the machine says about itself: volumes, clock, ports, limits; and its service manager. Linux.

pub mod addresses;
pub mod code;
pub mod memory;
pub mod notify;
pub mod ntp;
pub mod process;
pub mod sockets;
pub mod volume;
