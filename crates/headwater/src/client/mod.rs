// SPDX-License-Identifier: Apache-2.0
//! Speaks to a server: through the admin socket in its data folder, or by URL and API key. The
//! HTTP API is the same on both.

mod api;
pub mod aws;
mod backup;
mod doors;
mod endpoints;
mod error;
mod events;
mod remote;
mod tls;
mod wire;

use std::path::{Path, PathBuf};

use hw_model::{AccountId, Secret};

pub use api::{Keys, Rows};
pub use doors::{Doors, HostPort};
pub use error::ClientError;
pub use events::{Event, Events};
pub use remote::Remote;
pub use tls::{handshake, provider, roots};

use endpoints::Endpoints;
use tls::trusting;
use wire::Way;

/// A client of one server. Each call is a connection of its own.
#[derive(Debug)]
pub struct Client {
    way: Way,
    /// For the `Host` header.
    authority: String,
    api_key: Option<Secret>,
    account: Option<AccountId>,
    place: Place,
}

/// Where the server is, as it was named.
#[derive(Debug)]
enum Place {
    Folder(PathBuf),
    Url { host: String, ca: Option<PathBuf> },
}

impl Client {
    /// A client of the server that runs on the folder `data`. It needs no key: who may open the
    /// folder's socket is its owner.
    ///
    /// # Errors
    /// There is no such folder, or no server runs on it.
    pub fn local(data: &Path) -> Result<Self, ClientError> {
        if !data.is_dir() {
            return Err(ClientError::NoFolder {
                data: data.to_owned(),
            });
        }
        let socket = data.join("run").join("admin.sock");
        if !socket.exists() {
            return Err(ClientError::NoServer {
                data: data.to_owned(),
            });
        }
        Ok(Self {
            way: Way::Socket {
                path: socket,
                data: data.to_owned(),
            },
            authority: "localhost".to_owned(),
            api_key: None,
            account: None,
            place: Place::Folder(data.to_owned()),
        })
    }

    /// A client of a server by URL.
    ///
    /// # Errors
    /// The URL is none of http:// or https://, or the CA file cannot be used.
    pub fn remote(remote: &Remote) -> Result<Self, ClientError> {
        let address = remote.address()?;
        let way = if address.tls {
            Way::Tls {
                host: address.host.clone(),
                port: address.port,
                name: address.host.clone(),
                config: trusting(remote.ca)?,
            }
        } else {
            Way::Tcp {
                host: address.host.clone(),
                port: address.port,
            }
        };
        Ok(Self {
            way,
            authority: address.authority(),
            api_key: Some(remote.api_key.clone()),
            account: None,
            place: Place::Url {
                host: address.host,
                ca: remote.ca.map(Path::to_owned),
            },
        })
    }

    /// The same, acting in an account other than the first: only its folder's owner may choose.
    #[must_use]
    pub fn in_account(self, account: Option<AccountId>) -> Self {
        Self { account, ..self }
    }

    /// The data folder, if the server is on this machine and was named by it.
    pub fn folder(&self) -> Option<&Path> {
        match &self.place {
            Place::Folder(data) => Some(data),
            Place::Url { .. } => None,
        }
    }

    /// The server's other doors, as this machine reaches them.
    pub async fn doors(&self) -> Result<Doors, ClientError> {
        match &self.place {
            Place::Folder(data) => Ok(Doors::local(&Endpoints::read(data)?)),
            Place::Url { host, ca } => {
                let status = self.status().await?;
                Doors::remote(host, &status, ca.as_deref())
            }
        }
    }
}
