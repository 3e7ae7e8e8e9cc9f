// SPDX-License-Identifier: Apache-2.0
//! The words of the house: ids, accounts, ARNs, names, topics, tags and the subscription tree.
//!
//! Knows nothing but the standard library and its data structures: no I/O, no clock, no runtime.
//! Everything here is a value; whoever shares one between threads brings the sharing.

pub mod account;
pub mod arn;
pub mod certificate_id;
pub mod kind;
pub mod name;
pub mod secret;
pub mod tag;
pub mod time;
pub mod topic;
pub mod trace;
pub mod tree;

pub use account::AccountId;
pub use certificate_id::CertificateId;
pub use kind::ErrorKind;
pub use secret::Secret;
pub use tag::Tag;
pub use time::Timestamp;
pub use trace::TraceId;
