// SPDX-License-Identifier: Apache-2.0
//! Why a server can't start, in words that say what to do.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a server can't start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The folder can't be used.
    #[error("the data folder {path} can't be used: {source}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another server has the folder.
    #[error("the data folder {path} is in use by another server{owner}")]
    InUse {
        /// Which.
        path: PathBuf,
        /// Its pid, if it says so.
        owner: String,
    },
    /// The folder was last used by a newer release.
    #[error(
        "the data folder {path} was last used by headwater {headwater}: its {part} has version \
         {format}, and this release ({this}) reads up to {reads}. Use headwater {headwater} or \
         newer, or restore a backup that was made before; nothing was changed",
        this = env!("CARGO_PKG_VERSION")
    )]
    Newer {
        /// Which.
        path: PathBuf,
        /// Which of its formats.
        part: String,
        /// Its version.
        format: u32,
        /// What this release reads.
        reads: u32,
        /// Who wrote it.
        headwater: String,
    },
    /// A restore did not come to its end.
    #[error(
        "a restore into {0} did not come to its end, so it is not whole: run `headwater restore` \
         again, or remove the folder"
    )]
    Unfinished(PathBuf),
    /// A door can't listen.
    #[error(
        "{door} can't listen on {addr}: {source}. Another program may have the port: \
         choose another by --listen-{door} ADDR:PORT, or close the door by --listen-{door} off"
    )]
    Listen {
        /// Which door.
        door: &'static str,
        /// Where.
        addr: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// Anything below: storage, identities, tables.
    #[error("{what}: {source}")]
    Part {
        /// What was being opened.
        what: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The broker can't start.
    #[error("the broker can't start: {0}")]
    Broker(#[from] hw_broker::StartError),
    /// The anonymous policy is not one.
    #[error("the anonymous policy can't be used: {0}")]
    AnonymousPolicy(String),
}

impl ServeError {
    /// Wraps an error of a part.
    pub(crate) fn part<E>(what: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        move |source| Self::Part {
            what,
            source: source.into(),
        }
    }
}
