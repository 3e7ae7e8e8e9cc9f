// SPDX-License-Identifier: Apache-2.0
//! A backup of a running server, through its admin socket.

use std::io::Error;

use bytes::Bytes;
use http::Method;
use http_body_util::BodyExt;
use hw_backup::Damaged;
use hyper::body::Frame;
use percent_encoding::percent_decode;
use tokio::sync::mpsc;

use super::{Client, ClientError};
use crate::backup::PIECES_IN_FLIGHT;
use crate::serve::{BYTES_HEADER, FAILED_TRAILER};

impl Client {
    /// Begins a backup: how many bytes its files have, and its bytes as they come.
    pub async fn backup(
        &self,
        damaged: Damaged,
    ) -> Result<(Option<u64>, mpsc::Receiver<std::io::Result<Bytes>>), ClientError> {
        let path = match damaged {
            Damaged::Refuse => "/api/v1/backup",
            Damaged::Copy => "/api/v1/backup?with_damaged=true",
        };
        let answer = self.send(Method::POST, path, None).await?;
        let bytes = answer.headers().get(BYTES_HEADER);
        let bytes = bytes.and_then(|bytes| bytes.to_str().ok()?.parse().ok());
        let mut body = answer.into_body();
        let (to, from) = mpsc::channel(PIECES_IN_FLIGHT);
        let way = self.way.clone();
        tokio::spawn(async move {
            while let Some(frame) = body.frame().await {
                let piece = match frame {
                    Ok(frame) => frame.into_data().map_err(|other| failure(&other)),
                    Err(error) => Err(Some(Error::other(way.broken(&error)))),
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

/// Why the server could not make the backup to its end, if that is what a frame says.
fn failure(frame: &Frame<Bytes>) -> Option<Error> {
    let why = frame.trailers_ref()?.get(FAILED_TRAILER)?;
    let why = percent_decode(why.as_bytes()).decode_utf8_lossy();
    Some(Error::other(why.into_owned()))
}
