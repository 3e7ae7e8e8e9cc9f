// SPDX-License-Identifier: Apache-2.0
//! `DIR/run/endpoints.json`: what a server wrote when it was ready.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::ClientError;

/// The file, as far as clients need it. Addresses are `ADDR:PORT`; a closed door is absent.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Endpoints {
    #[serde(flatten)]
    pub(super) open: Open,
    /// The CA file.
    pub(super) ca: PathBuf,
}

/// Where doors listen.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Open {
    pub(super) mqtts: Option<String>,
    pub(super) https: Option<String>,
    pub(super) http: Option<String>,
    pub(super) postgres: Option<String>,
}

impl Endpoints {
    /// Reads the file of the server that runs on `data`.
    pub(super) fn read(data: &Path) -> Result<Self, ClientError> {
        let file = data.join("run").join("endpoints.json");
        let text = std::fs::read_to_string(&file).map_err(|_| ClientError::NoServer {
            data: data.to_owned(),
        })?;
        let mut read: Self =
            serde_json::from_str(&text).map_err(|error| ClientError::Protocol {
                place: file.display().to_string(),
                detail: error.to_string(),
            })?;
        // It is handed on to programs that run in other folders.
        read.ca = std::path::absolute(&read.ca).unwrap_or(read.ca);
        Ok(read)
    }
}
