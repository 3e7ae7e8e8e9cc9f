// SPDX-License-Identifier: Apache-2.0
//! Backups of real adapters, and what is done to archives before they are read.

mod damage;
mod damaged_objects;
mod earliest;
mod house;
mod round_trip;
mod strangers;
