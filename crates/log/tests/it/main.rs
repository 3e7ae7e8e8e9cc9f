// SPDX-License-Identifier: Apache-2.0
//! The segment files under the port's suite, and what is their own: crashes, damage, limits.

mod conforms;
mod copies;
mod crashes;
mod damage;
mod limits;
mod released;
mod scrub;
mod support;
