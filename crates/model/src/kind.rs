// SPDX-License-Identifier: Apache-2.0
//! Error kinds: the few that a caller can act on.

/// What a caller can do about an error. Faces map it to HTTP status, AWS error or exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The input is wrong; the same input will fail again.
    Invalid,
    /// Nobody is known by these credentials.
    Unauthenticated,
    /// Known, but not allowed.
    Denied,
    /// There is no such thing.
    NotFound,
    /// There is one already, or it is not in the state the caller expected.
    Conflict,
    /// A named limit was reached.
    Limit,
    /// Storage is full; nothing was acknowledged.
    Full,
    /// Not reachable or shutting down; trying again may help.
    Unavailable,
    /// Stored data is damaged, or written by a newer release.
    Damaged,
    /// Not there in this release.
    Unsupported,
    /// A fault of ours; the log has the details.
    Internal,
}
