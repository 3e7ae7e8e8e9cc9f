// SPDX-License-Identifier: Apache-2.0
//! One HTTP/1.1 connection: bounded head, and an end when shutdown begins.

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hw_kernel::Shutdown;
use hw_kernel::admission::Peer;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{DRAIN_DEADLINE, REQUEST_HEAD_DEADLINE};

/// Serves one connection until the peer closes it or shutdown has drained it. `peer` stands in
/// each request's extensions, and its address as [`ConnectInfo`].
pub(super) async fn serve<S>(stream: S, peer: Option<Peer>, router: Router, shutdown: Shutdown)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let router = router.layer(axum::middleware::map_request(
        move |mut request: Request| {
            if let Some(peer) = &peer {
                let extensions = request.extensions_mut();
                extensions.insert(ConnectInfo(peer.address));
                extensions.insert(peer.clone());
            }
            std::future::ready(request)
        },
    ));
    let service = TowerToHyperService::new(router);
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_HEAD_DEADLINE)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.begun() => {
            connection.as_mut().graceful_shutdown();
            match tokio::time::timeout(DRAIN_DEADLINE, connection).await {
                Ok(ended) => ended,
                Err(_) => Ok(()),
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "an HTTP connection ended early");
    }
}
