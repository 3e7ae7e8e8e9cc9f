// SPDX-License-Identifier: Apache-2.0
//! Why a server did not do what it was asked, in words for the person at the command line.

use std::io;
use std::path::PathBuf;

/// What went wrong between a command and a server.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The data folder does not exist.
    #[error(
        "there is no folder {}; `headwater serve --data {}` makes it and starts a server",
        data.display(), data.display()
    )]
    NoFolder {
        /// As it was named.
        data: PathBuf,
    },
    /// Nobody answers on the data folder's socket.
    #[error(
        "no server runs on {}; start one with `headwater serve --data {}`",
        data.display(), data.display()
    )]
    NoServer {
        /// As it was named.
        data: PathBuf,
    },
    /// The admin socket belongs to somebody else.
    #[error("{} belongs to another user: run this as the user who runs the server", path.display())]
    NotOwner {
        /// The socket.
        path: PathBuf,
    },
    /// Nobody answers at the address.
    #[error("cannot reach {place}: {source}; is the server running, and is this its address?")]
    Unreachable {
        /// Host and port.
        place: String,
        /// Of the system.
        source: io::Error,
    },
    /// The TLS handshake failed.
    #[error(
        "no trusted connection to {place}: {source}; name the server's CA file with --ca \
         (in its data folder, DIR/run/endpoints.json says which)"
    )]
    Tls {
        /// Host and port.
        place: String,
        /// Of the handshake.
        source: io::Error,
    },
    /// A CA file cannot be used.
    #[error("the CA file {} can't be used: {detail}", path.display())]
    Ca {
        /// Which file.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// The URL is not one.
    #[error("{url:?} is not a URL of a server; write http://HOST:PORT or https://HOST:PORT")]
    Url {
        /// As it was given.
        url: String,
    },
    /// The server refused, and says why.
    #[error("{message}")]
    Answer {
        /// HTTP status.
        status: u16,
        /// One of the API's kinds, as `denied`.
        kind: String,
        /// For people.
        message: String,
    },
    /// What answers is not a Headwater server, or the connection broke.
    #[error("{place} gave no usable answer: {detail}")]
    Protocol {
        /// Host and port, or the socket.
        place: String,
        /// What happened.
        detail: String,
    },
    /// Keys of the role `read` have no part for AWS APIs.
    #[error("these keys may only read; AWS APIs need keys of the role admin")]
    ReadOnly,
    /// A door that is needed is closed.
    #[error("the server has no {door} door open; start it without `--listen-{door} off`")]
    Closed {
        /// As in `--listen-DOOR`.
        door: &'static str,
    },
}
