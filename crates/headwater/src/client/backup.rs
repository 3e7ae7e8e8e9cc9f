// SPDX-License-Identifier: Apache-2.0
//! A backup of a running server, through its admin socket.

use bytes::Bytes;
use http::Method;
use http_body_util::BodyExt;
use tokio::sync::mpsc;

use super::{Client, ClientError};
use crate::backup::PIECES_IN_FLIGHT;
use crate::serve::BYTES_HEADER;

impl Client {
    /// Begins a backup: how many bytes its files have, and its bytes as they come.
    pub async fn backup(
        &self,
    ) -> Result<(Option<u64>, mpsc::Receiver<std::io::Result<Bytes>>), ClientError> {
        let answer = self.send(Method::POST, "/api/v1/backup", None).await?;
        let bytes = answer.headers().get(BYTES_HEADER);
        let bytes = bytes.and_then(|bytes| bytes.to_str().ok()?.parse().ok());
        let mut body = answer.into_body();
        let (to, from) = mpsc::channel(PIECES_IN_FLIGHT);
        let way = self.way.clone();
        tokio::spawn(async move {
            while let Some(frame) = body.frame().await {
                let piece = match frame {
                    Ok(frame) => frame.into_data().map_err(|_| None),
                    Err(error) => Err(Some(std::io::Error::other(way.broken(&error)))),
                };
                let sent = match piece {
                    Ok(piece) => to.send(Ok(piece)).await,
                    Err(None) => continue,
                    Err(Some(error)) => to.send(Err(error)).await,
                };
                if sent.is_err() {
                    break;
                }
            }
        });
        Ok((bytes, from))
    }
}
