// SPDX-License-Identifier: Apache-2.0
//! How a command ends: its exit code, and one sentence on stderr.

use std::process::ExitCode;

use crate::client::ClientError;

/// The exit codes that scripts rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// It failed.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// What was named is not there.
    NotFound = 3,
    /// The key or policy does not allow it.
    Denied = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a command ends early, in words that say what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub(super) exit: Exit,
    pub(super) message: String,
}

impl Failure {
    /// It failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    /// The command line is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// What was named is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Exit::NotFound, message)
    }

    /// It is not allowed.
    pub fn denied(message: impl Into<String>) -> Self {
        Self::new(Exit::Denied, message)
    }

    /// Ends with that code; everything was said already.
    pub(super) fn said(exit: Exit) -> Self {
        Self::new(exit, "")
    }

    fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
        }
    }

    /// Says it on stderr.
    pub(super) fn tell(&self) -> ExitCode {
        if !self.message.is_empty() {
            super::note(&format!("error: {}", self.message));
        }
        self.exit.into()
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

/// Of writing to stdout: a reader that has seen enough, as `head` has, is no error.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::said(Exit::Ok),
            _ => Self::failed(format!("cannot write the output: {error}")),
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let exit = match &error {
            ClientError::NoFolder { .. } => Exit::NotFound,
            ClientError::ReadOnly | ClientError::NotOwner { .. } => Exit::Denied,
            ClientError::Answer { kind, .. } => match kind.as_str() {
                "unauthenticated" | "denied" => Exit::Denied,
                "not_found" => Exit::NotFound,
                _ => Exit::Failed,
            },
            _ => Exit::Failed,
        };
        Self::new(exit, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_kind(kind: &str) -> Exit {
        let error = ClientError::Answer {
            status: 400,
            kind: kind.into(),
            message: "no".into(),
        };
        Failure::from(error).exit
    }

    #[test]
    fn kinds_of_the_server_have_their_codes() {
        let cases = [
            ("invalid", Exit::Failed),
            ("unauthenticated", Exit::Denied),
            ("denied", Exit::Denied),
            ("not_found", Exit::NotFound),
            ("conflict", Exit::Failed),
            ("limit", Exit::Failed),
            ("unavailable", Exit::Failed),
            ("one of a later release", Exit::Failed),
        ];
        for (kind, exit) in cases {
            assert_eq!(of_kind(kind), exit, "{kind}");
        }
    }

    #[test]
    fn a_broken_pipe_is_no_error() {
        let broken = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert_eq!(Failure::from(broken), Failure::said(Exit::Ok));
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        assert_eq!(Failure::from(full).exit, Exit::Failed);
    }
}
