// SPDX-License-Identifier: Apache-2.0
//! One HTTP/1.1 request over a Unix socket, TCP or TLS, with limits on time and size.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use super::ClientError;
use super::tls;

/// How long a server may take to accept a connection.
const CONNECT_SECONDS_MAX: u64 = 10;

/// Largest answer that is read whole, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 30;

/// How a server is reached.
#[derive(Debug, Clone)]
pub(super) enum Way {
    /// The admin socket of a data folder.
    Socket { path: PathBuf, data: PathBuf },
    /// Plain HTTP.
    Tcp { host: String, port: u16 },
    /// HTTPS; the certificate must be for `name`.
    Tls {
        host: String,
        port: u16,
        name: String,
        config: Arc<ClientConfig>,
    },
}

impl Way {
    /// For messages.
    fn place(&self) -> String {
        match self {
            Self::Socket { path, .. } => path.display().to_string(),
            Self::Tcp { host, port } | Self::Tls { host, port, .. } => format!("{host}:{port}"),
        }
    }

    /// Sends a request; the answer's body is still to be read.
    pub(super) async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, ClientError> {
        match self {
            Self::Socket { path, data } => {
                let stream =
                    UnixStream::connect(path)
                        .await
                        .map_err(|error| match error.kind() {
                            io::ErrorKind::PermissionDenied => {
                                ClientError::NotOwner { path: path.clone() }
                            }
                            // Left by a server that did not end in order.
                            _ => ClientError::NoServer { data: data.clone() },
                        })?;
                self.exchange(stream, request).await
            }
            Self::Tcp { host, port } => {
                let stream = self.dial(host, *port).await?;
                self.exchange(stream, request).await
            }
            Self::Tls {
                host,
                port,
                name,
                config,
            } => {
                let stream = self.dial(host, *port).await?;
                let shaken = tls::handshake(stream, name, config.clone()).await;
                let stream = shaken.map_err(|source| ClientError::Tls {
                    place: self.place(),
                    source,
                })?;
                self.exchange(stream, request).await
            }
        }
    }

    async fn dial(&self, host: &str, port: u16) -> Result<TcpStream, ClientError> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let limit = Duration::from_secs(CONNECT_SECONDS_MAX);
        let dialled = tokio::time::timeout(limit, TcpStream::connect((host, port))).await;
        dialled
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            .map_err(|source| ClientError::Unreachable {
                place: self.place(),
                source,
            })
    }

    async fn exchange(
        &self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, ClientError> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.broken(&error))?;
        // Ends with the connection; what goes wrong there, the sender and the body report.
        tokio::spawn(connection);
        sender
            .send_request(request)
            .await
            .map_err(|error| self.broken(&error))
    }

    /// Reads an answer's body to its end.
    pub(super) async fn read(&self, body: Incoming) -> Result<Bytes, ClientError> {
        let whole = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        whole
            .map(|body| body.to_bytes())
            .map_err(|error| self.broken(error.as_ref()))
    }

    pub(super) fn broken(&self, error: &(dyn std::error::Error + 'static)) -> ClientError {
        let mut detail = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            detail += &format!(": {cause}");
            source = cause.source();
        }
        self.unusable(detail)
    }

    pub(super) fn unusable(&self, detail: impl Into<String>) -> ClientError {
        ClientError::Protocol {
            place: self.place(),
            detail: detail.into(),
        }
    }
}
