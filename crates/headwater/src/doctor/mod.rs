// SPDX-License-Identifier: Apache-2.0
//! Looks at everything around a server that can be wrong, with a server running or without. It
//! changes nothing: what must be opened for writing is opened as a copy.

mod certificates;
mod clock;
mod disk;
mod finding;
mod formats;
mod limits;
mod log;
mod ports;
mod rights;
mod secrets;
mod server;

pub use finding::{Finding, Level};

use std::path::PathBuf;

use hw_model::Timestamp;
use serde_json::Value;

use crate::client::Client;
use crate::config::Config;

/// What all checks know.
pub struct Ground {
    /// Settings, as `serve` would take them.
    pub config: Config,
    /// The machine's clock, once for all checks.
    pub now: Timestamp,
    /// What the running server says of itself; `None` if none runs on the folder.
    pub running: Option<Value>,
}

impl Ground {
    /// Asks the server that runs on the folder, if one does.
    pub async fn new(config: Config, now: Timestamp) -> Self {
        let running = match Client::local(&config.data) {
            Ok(client) => client.whole_status().await.ok(),
            Err(_) => None,
        };
        Self {
            config,
            now,
            running,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.config.data.join(name)
    }
}

/// All findings, in the order in which a person should mend them.
pub async fn look(ground: &Ground) -> Vec<Finding> {
    let mut found = server::look(ground);
    found.extend(formats::look(ground));
    found.extend(rights::look(ground));
    found.extend(disk::look(ground));
    found.extend(log::look(ground));
    found.extend(clock::look(ground));
    found.extend(secrets::look(ground).await);
    found.extend(certificates::look(ground));
    found.extend(ports::look(ground));
    found.extend(limits::look(ground));
    found
}
