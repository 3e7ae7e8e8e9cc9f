// SPDX-License-Identifier: Apache-2.0
//! The return codes of CONNACK in MQTT 3.1.1 (section 3.2.2.3).

/// A CONNACK return code of MQTT 3.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ConnackCode {
    /// The connection is accepted.
    Accepted = 0,
    /// The protocol level is not supported.
    UnacceptableProtocolVersion = 1,
    /// The client identifier is not allowed.
    IdentifierRejected = 2,
    /// The service is not available.
    ServerUnavailable = 3,
    /// User name or password are malformed.
    BadUserNameOrPassword = 4,
    /// The client is not authorized to connect.
    NotAuthorized = 5,
}

impl ConnackCode {
    /// The code with that number.
    pub const fn from_byte(code: u8) -> Option<ConnackCode> {
        Some(match code {
            0 => ConnackCode::Accepted,
            1 => ConnackCode::UnacceptableProtocolVersion,
            2 => ConnackCode::IdentifierRejected,
            3 => ConnackCode::ServerUnavailable,
            4 => ConnackCode::BadUserNameOrPassword,
            5 => ConnackCode::NotAuthorized,
            _ => return None,
        })
    }

    /// The code that says nearest what a reason code of MQTT 5 says.
    pub const fn nearest(reason: u8) -> ConnackCode {
        match reason {
            super::SUCCESS => ConnackCode::Accepted,
            super::UNSUPPORTED_PROTOCOL_VERSION => ConnackCode::UnacceptableProtocolVersion,
            super::CLIENT_IDENTIFIER_NOT_VALID => ConnackCode::IdentifierRejected,
            super::BAD_USER_NAME_OR_PASSWORD => ConnackCode::BadUserNameOrPassword,
            super::NOT_AUTHORIZED | super::BANNED | super::BAD_AUTHENTICATION_METHOD => {
                ConnackCode::NotAuthorized
            }
            _ => ConnackCode::ServerUnavailable,
        }
    }

    /// What it says, in the standard's words.
    pub const fn describe(self) -> &'static str {
        match self {
            ConnackCode::Accepted => "Connection Accepted",
            ConnackCode::UnacceptableProtocolVersion => "unacceptable protocol version",
            ConnackCode::IdentifierRejected => "identifier rejected",
            ConnackCode::ServerUnavailable => "Server unavailable",
            ConnackCode::BadUserNameOrPassword => "bad user name or password",
            ConnackCode::NotAuthorized => "not authorized",
        }
    }
}
