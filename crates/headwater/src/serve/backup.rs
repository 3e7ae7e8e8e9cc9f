// SPDX-License-Identifier: Apache-2.0
//! `POST /api/v1/backup` on the admin socket alone: no key opens it, because a backup holds every
//! secret of every account. The answer is the archive, as it is made; if it can't be made to its
//! end, a trailer says why.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http_body_util::StreamBody;
use hw_backup::{BackupError, Damaged, Source};
use hyper::body::Frame;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};

use crate::backup::{PIECES_IN_FLIGHT, PipeWriter};
use crate::cli::background;

/// How many bytes the files in the archive have, so that progress can be shown.
pub const BYTES_HEADER: &str = "headwater-bytes";

/// Trailer of an answer that is not whole: why, percent-encoded.
pub const FAILED_TRAILER: &str = "headwater-failed";

/// What comes from the thread that makes it.
type Pieces = mpsc::Receiver<std::io::Result<bytes::Bytes>>;

/// How it is asked for.
#[derive(Debug, Deserialize)]
struct Wish {
    /// Copy damaged objects as they are.
    #[serde(default)]
    with_damaged: bool,
}

/// Backups of this server.
struct Backups {
    source: Source,
    /// One at a time: each keeps deleted files until it is done.
    turn: Arc<Semaphore>,
}

/// The endpoint.
pub(super) fn router(source: Source) -> Router {
    let turn = Arc::new(Semaphore::new(1));
    Router::new()
        .route("/api/v1/backup", post(backup))
        .with_state(Arc::new(Backups { source, turn }))
}

async fn backup(
    State(backups): State<Arc<Backups>>,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
) -> Response {
    let Ok(turn) = backups.turn.clone().try_acquire_owned() else {
        let message = "another backup is being made; wait until it is done";
        return refused(StatusCode::CONFLICT, "conflict", message);
    };
    let damaged = match wish.with_damaged {
        true => Damaged::Copy,
        false => Damaged::Refuse,
    };
    let reads_trailers = headers.get(header::TE).is_some_and(|te| te == "trailers");
    let frozen = match hw_backup::freeze(&backups.source, damaged).await {
        Ok(frozen) => frozen,
        Err(error) => {
            tracing::error!(%error, "a backup could not begin");
            return refused(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                &error.to_string(),
            );
        }
    };
    let about = frozen.about();
    let bytes = about.bytes;
    tracing::info!(files = about.files, bytes, "a backup begins");
    let (to, from) = mpsc::channel(PIECES_IN_FLIGHT);
    let runtime = Handle::current();
    // A thread of its own, because its low priority would stay with one of the pool.
    let thread = std::thread::Builder::new().name("backup".to_owned());
    let started = thread.spawn(move || {
        background::give_way();
        let mut pipe = PipeWriter::new(to, runtime.clone());
        match hw_backup::write(frozen, &mut pipe, &runtime) {
            Ok(_) => tracing::info!(bytes, "a backup is done"),
            Err(BackupError::Write(error)) => {
                tracing::warn!(%error, "a backup was given up by whoever asked for it");
            }
            Err(error) => {
                tracing::error!(%error, "a backup has failed");
                pipe.fail(std::io::Error::other(error));
            }
        }
        drop(turn);
    });
    if let Err(error) = started {
        return refused(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            &error.to_string(),
        );
    }
    let pieces = futures::stream::unfold(Some(from), move |from: Option<Pieces>| async move {
        let mut from = from?;
        match from.recv().await? {
            Ok(piece) => Some((Ok(Frame::data(piece)), Some(from))),
            Err(error) if reads_trailers => Some((Ok(Frame::trailers(failed(&error))), None)),
            // The connection is cut, so that what came does not pass for whole.
            Err(error) => Some((Err(error), None)),
        }
    });
    let headers = [
        (
            header::CONTENT_TYPE.as_str(),
            "application/x-tar".to_owned(),
        ),
        (BYTES_HEADER, bytes.to_string()),
        (header::TRAILER.as_str(), FAILED_TRAILER.to_owned()),
    ];
    (headers, Body::new(StreamBody::new(pieces))).into_response()
}

/// Says why there is no more.
fn failed(error: &std::io::Error) -> HeaderMap {
    let why = utf8_percent_encode(&error.to_string(), NON_ALPHANUMERIC).to_string();
    let why = HeaderValue::from_str(&why).unwrap_or(HeaderValue::from_static("unknown"));
    HeaderMap::from_iter([(HeaderName::from_static(FAILED_TRAILER), why)])
}

fn refused(status: StatusCode, kind: &str, message: &str) -> Response {
    let body = json!({"error": {"kind": kind, "message": message}});
    (status, Json(body)).into_response()
}
