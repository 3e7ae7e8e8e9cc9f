// SPDX-License-Identifier: Apache-2.0
//! AWS errors: a name, a status, a message. Clients act on the name.

use hw_fleet::FleetError;
use hw_identity::IdentityError;
use hw_model::ErrorKind;
use hw_sigv4::SigV4Error;
use serde_json::{Map, Value, json};

/// An error as an AWS client sees it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{code}: {message}")]
pub struct AwsError {
    /// Its name, as in `ResourceNotFoundException`.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// For people.
    pub message: String,
    /// More members of the error's shape, as in `resourceArn`.
    pub members: Map<String, Value>,
}

impl AwsError {
    /// An error of this name.
    pub fn new(code: &'static str, status: u16, message: impl Into<String>) -> Self {
        Self {
            code,
            status,
            message: message.into(),
            members: Map::new(),
        }
    }

    /// `InvalidRequestException`.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new("InvalidRequestException", 400, message)
    }

    /// `ResourceNotFoundException`.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new("ResourceNotFoundException", 404, message)
    }

    /// `ResourceAlreadyExistsException`, with what is there.
    pub fn exists(message: impl Into<String>, id: &str, arn: &str) -> Self {
        let mut error = Self::new("ResourceAlreadyExistsException", 409, message);
        error.members.insert("resourceId".into(), json!(id));
        error.members.insert("resourceArn".into(), json!(arn));
        error
    }

    /// An operation that AWS has and this release has not.
    pub fn unsupported(service: &str, operation: &str) -> Self {
        let message = format!(
            "{service}:{operation} is not implemented in this release of Headwater; \
             docs/aws-coverage.md lists what is"
        );
        Self::new("NotImplementedException", 501, message)
    }

    pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error, "an AWS operation failed");
        let message = "An unexpected error has occurred; the server's log has the details.";
        Self::new("InternalFailureException", 500, message)
    }

    fn of_kind(kind: ErrorKind, error: &(dyn std::error::Error + 'static)) -> Self {
        match kind {
            ErrorKind::NotFound => Self::not_found(error.to_string()),
            // Two at once: the next try sees what the other one did.
            ErrorKind::Conflict => Self::new("ServiceUnavailableException", 503, error.to_string()),
            ErrorKind::Invalid => Self::invalid(error.to_string()),
            ErrorKind::Limit => Self::new("LimitExceededException", 410, error.to_string()),
            ErrorKind::Full => {
                tracing::warn!(error, "an AWS operation was refused: the disk is full");
                let message = "The server's disk is full and nothing was changed; try again when \
                               its operator has freed some space.";
                Self::new("ServiceUnavailableException", 503, message)
            }
            ErrorKind::Unavailable => {
                Self::new("ServiceUnavailableException", 503, error.to_string())
            }
            _ => Self::internal(error),
        }
    }
}

impl From<SigV4Error> for AwsError {
    fn from(error: SigV4Error) -> Self {
        Self::new(error.code(), error.status(), error.to_string())
    }
}

impl From<IdentityError> for AwsError {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::MalformedPolicy(why) => Self::new("MalformedPolicyException", 400, why),
            IdentityError::BadCertificate(why) => {
                Self::new("CertificateValidationException", 400, why)
            }
            IdentityError::State(why) => Self::new("CertificateStateException", 406, why),
            IdentityError::InUse(why) => Self::new("DeleteConflictException", 409, why),
            IdentityError::VersionsLimit(why) => {
                Self::new("VersionsLimitExceededException", 409, why)
            }
            IdentityError::Busy(why) => Self::new("ThrottlingException", 400, why),
            IdentityError::Exists {
                ref name, ref arn, ..
            } => Self::exists(error.to_string(), name, arn),
            error => Self::of_kind(error.kind(), &error),
        }
    }
}

impl From<FleetError> for AwsError {
    fn from(error: FleetError) -> Self {
        match error {
            FleetError::Version { .. } => {
                Self::new("VersionConflictException", 409, error.to_string())
            }
            error => Self::of_kind(error.kind(), &error),
        }
    }
}
