// SPDX-License-Identifier: Apache-2.0
//! AWS Signature Version 4 in headers and in presigned URLs: verifying and signing. No I/O, no
//! clock.
//!
//! Source: "Create a signed AWS API request", AWS IAM user guide. The path is encoded twice, as
//! every service but S3 does it.

mod canonical;
pub mod claim;
mod date;
pub mod error;
mod key;
pub mod sign;
pub mod verify;

pub use claim::{Claim, Form, claim, is_presigned};
pub use error::SigV4Error;
pub use sign::{Credentials, presign, sign};
pub use verify::verify;

/// A request, as it is on the wire.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `GET`, `POST`, …
    pub method: &'a str,
    /// The path as sent, percent-encoded.
    pub path: &'a str,
    /// The query as sent, without `?`.
    pub query: &'a str,
    /// Headers in order of arrival; names in lower case.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// The first header of that (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests;
