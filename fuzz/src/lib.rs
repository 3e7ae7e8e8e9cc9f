// SPDX-License-Identifier: Apache-2.0
//! What the fuzz targets share: choices out of fuzz bytes, and naive oracles that are slow and
//! easy to believe.

pub mod json_leaves;
pub mod naive;
pub mod noise;
pub mod one_shard;
pub mod open_host;
pub mod pick;
pub mod segment;

pub use noise::Noise;
pub use pick::Pick;
