// SPDX-License-Identifier: Apache-2.0
//! What stands in the Log: the final byte formats, each with a version.

pub mod batch;
pub mod event;
pub mod message;
pub mod retained;
pub mod wire;
