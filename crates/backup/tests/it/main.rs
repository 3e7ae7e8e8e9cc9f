// SPDX-License-Identifier: Apache-2.0
//! Backups of real adapters, and what is done to archives before they are read.

mod damage;
mod house;
mod round_trip;
mod strangers;
