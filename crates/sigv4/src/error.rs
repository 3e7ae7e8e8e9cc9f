// SPDX-License-Identifier: Apache-2.0
//! Why a request is not accepted, and AWS's name for it.

/// Why a signature was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigV4Error {
    /// No `Authorization` header.
    #[error("Missing Authentication Token")]
    Missing,
    /// The `Authorization` header is not one of SigV4, or lacks something.
    #[error("{0}")]
    Incomplete(String),
    /// The signature is too old or from the future.
    #[error("Signature expired: {signed} is more than {skew_s_max} seconds from {now}")]
    Expired {
        /// When it was signed.
        signed: String,
        /// Allowed skew in seconds.
        skew_s_max: i64,
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
            Self::Expired { .. } | Self::Mismatch => "InvalidSignatureException",
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
