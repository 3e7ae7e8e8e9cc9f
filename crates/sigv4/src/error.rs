// SPDX-License-Identifier: Apache-2.0
//! Why a request is not accepted, and AWS's name and words for it.

use crate::date;
use crate::verify::SKEW_S_MAX;

/// Why a signature was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigV4Error {
    /// Neither an `Authorization` header nor a presigned URL.
    #[error("Missing Authentication Token")]
    Missing,
    /// What was sent is not a signature of SigV4, or lacks something.
    #[error("{0}")]
    Incomplete(String),
    /// The signature holds no more. AWS's words: clients that mend their clock look for them.
    #[error(
        "Signature expired: {signed} is now earlier than {earliest} ({now} - {margin})",
        earliest = date::format(now.saturating_sub(*holds_s)),
        now = date::format(*now),
        margin = margin(*holds_s),
    )]
    Expired {
        /// When it was signed.
        signed: String,
        /// For how many seconds it held.
        holds_s: i64,
        /// Server's time, seconds since 1970.
        now: i64,
    },
    /// The signature is of a time that is still to come.
    #[error(
        "Signature not yet current: {signed} is still later than {latest} ({now} + {margin})",
        latest = date::format(now.saturating_add(SKEW_S_MAX)),
        now = date::format(*now),
        margin = margin(SKEW_S_MAX),
    )]
    NotYetCurrent {
        /// When it was signed.
        signed: String,
        /// Server's time, seconds since 1970.
        now: i64,
    },
    /// The access key is not known or not active.
    #[error("The security token included in the request is invalid.")]
    UnknownKey,
    /// The signature is not the one that this request and secret give.
    #[error(
        "The request signature we calculated does not match the signature you provided. \
         Check your AWS Secret Access Key and signing method."
    )]
    Mismatch,
}

impl SigV4Error {
    /// AWS's error name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Incomplete(_) => "IncompleteSignatureException",
            Self::Expired { .. } | Self::NotYetCurrent { .. } | Self::Mismatch => {
                "InvalidSignatureException"
            }
            Self::UnknownKey => "UnrecognizedClientException",
        }
    }

    /// AWS's HTTP status.
    pub fn status(&self) -> u16 {
        if matches!(self, Self::Incomplete(_)) {
            400
        } else {
            403
        }
    }
}

/// `5 min.`, or seconds where minutes do not fit.
fn margin(seconds: i64) -> String {
    if seconds % 60 == 0 {
        format!("{} min.", seconds / 60)
    } else {
        format!("{seconds} s")
    }
}
