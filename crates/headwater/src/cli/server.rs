// SPDX-License-Identifier: Apache-2.0
//! Which server a command speaks to: a local one by its folder, or any by URL and API key.

use std::path::PathBuf;

use clap::Args;
use hw_model::{AccountId, Secret};

use super::Failure;
use crate::client::{Client, Remote};

/// The flags that name a server.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Server")]
pub struct ServerArgs {
    /// Data folder of a server on this machine; its owner needs no key
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Account to act in, with --data: twelve digits [default: the first]
    #[arg(long, value_name = "ID", requires = "data")]
    pub account: Option<AccountId>,
    /// URL of a server, as http://localhost:8080 (--data goes before it)
    #[arg(long, env = "HEADWATER_URL", value_name = "URL")]
    pub url: Option<String>,
    /// API key for --url, as `headwater keys create` makes them
    #[arg(
        long,
        env = "HEADWATER_API_KEY",
        value_name = "KEY",
        hide_env_values = true
    )]
    pub api_key: Option<Secret>,
    /// Certificate of the authority that signed an https:// server's (PEM)
    #[arg(long, env = "HEADWATER_CA_FILE", value_name = "FILE")]
    pub ca: Option<PathBuf>,
}

impl ServerArgs {
    /// A client of the server that is named.
    ///
    /// # Errors
    /// None is named, or what names it cannot be used.
    pub fn client(&self) -> Result<Client, Failure> {
        if let Some(data) = &self.data {
            return Ok(Client::local(data)?.in_account(self.account));
        }
        let Some(url) = &self.url else {
            return Err(Failure::usage(
                "which server? Say --data DIR for one on this machine, or --url URL and \
                 --api-key KEY (or set HEADWATER_URL and HEADWATER_API_KEY)",
            ));
        };
        let Some(api_key) = self.api_key.as_ref().filter(|key| !key.expose().is_empty()) else {
            return Err(Failure::usage(
                "--url needs an API key: say --api-key KEY or set HEADWATER_API_KEY; \
                 `headwater keys create --data DIR` on the server's machine makes one",
            ));
        };
        Ok(Client::remote(&Remote {
            url,
            api_key,
            ca: self.ca.as_deref(),
        })?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::exit::Exit;
    use super::*;

    #[test]
    fn a_server_must_be_named() {
        let nothing = ServerArgs::default();
        assert_eq!(
            nothing.client().err().map(|failure| failure.exit),
            Some(Exit::Usage)
        );
        let keyless = ServerArgs {
            url: Some("http://localhost:1".into()),
            ..nothing
        };
        assert_eq!(
            keyless.client().err().map(|failure| failure.exit),
            Some(Exit::Usage)
        );
    }

    #[test]
    fn a_folder_that_is_not_there_is_not_found() {
        let folder = tempfile::tempdir().unwrap();
        let args = |data| ServerArgs {
            data: Some(data),
            ..ServerArgs::default()
        };
        let gone = args(folder.path().join("nothing")).client().err().unwrap();
        assert_eq!(gone.exit, Exit::NotFound);
        assert!(gone.message.contains("headwater serve"), "{}", gone.message);
        let idle = args(folder.path().to_owned()).client().err().unwrap();
        assert_eq!(idle.exit, Exit::Failed);
        assert!(idle.message.contains("headwater serve"), "{}", idle.message);
    }
}
