// SPDX-License-Identifier: Apache-2.0
//! Requests to addresses that users of an account have set: authorizers, key sets. They must not
//! reach what only this machine or its network can reach, follow nobody elsewhere, and end.

mod guard;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

/// Longest time of one request, name look-up and all; that of a custom authorizer on AWS IoT.
pub const REQUEST_SPAN_MAX: Duration = Duration::from_secs(5);

/// Most bytes of an answer.
pub const ANSWER_BYTES_MAX: usize = 256 << 10;

/// Why there is no answer, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoAnswer(pub String);

/// Makes requests. `clone` is cheap.
#[derive(Clone)]
pub struct Outbound {
    tls: Arc<ClientConfig>,
    private_allowed: bool,
}

impl Outbound {
    /// Trusts the machine's CAs and `more`. With `private_allowed` it may reach private addresses,
    /// loopback too, and without TLS.
    pub fn new(
        more: Vec<CertificateDer<'static>>,
        private_allowed: bool,
    ) -> Result<Self, rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        for certificate in more {
            roots.add(certificate)?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            tls: Arc::new(tls),
            private_allowed,
        })
    }

    /// Whether a URL may be asked at all; its name is looked up only then.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, text: &str) -> Result<Url, NoAnswer> {
        // Without the URL: it may hold a key.
        let no = |why: &str| Err(NoAnswer(format!("its URL {why}")));
        let Ok(url) = Url::parse(text) else {
            return no("is not a URL");
        };
        match url.scheme() {
            "https" => {}
            "http" if self.private_allowed => {}
            "http" => return no("must be https (authorizers.private_allowed lets http be)"),
            _ => return no("must be https"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return no("has a user name in it");
        }
        match url.host() {
            None => no("has no host"),
            Some(Host::Ipv4(ip)) if !self.may_reach(ip.into()) => no(guard::PRIVATE),
            Some(Host::Ipv6(ip)) if !self.may_reach(ip.into()) => no(guard::PRIVATE),
            Some(_) => Ok(url),
        }
    }

    /// GET; the body of a 200.
    pub async fn get(&self, url: &str) -> Result<Bytes, NoAnswer> {
        self.ask(Method::GET, url, Bytes::new()).await
    }

    /// A URL by GET, or `file:` and a path where private addresses are allowed: what an account's
    /// users may read of this machine is its operator's to say.
    pub async fn read(&self, place: &str) -> Result<Bytes, NoAnswer> {
        let Some(path) = place.strip_prefix("file:") else {
            return self.get(place).await;
        };
        if !self.private_allowed {
            let why = "files are read only with authorizers.private_allowed";
            return Err(NoAnswer(why.into()));
        }
        let path = path.strip_prefix("//").unwrap_or(path);
        let file = tokio::fs::read(path).await;
        file.map(Bytes::from)
            .map_err(|error| NoAnswer(format!("{path}: {error}")))
    }

    /// POST of JSON; the body of a 200.
    pub async fn post(&self, url: &str, json: Vec<u8>) -> Result<Bytes, NoAnswer> {
        self.ask(Method::POST, url, json.into()).await
    }

    /// Any request to an absolute URL, and its answer whatever the status.
    pub async fn send(
        &self,
        request: Request<Bytes>,
        span: Duration,
    ) -> Result<Response<Bytes>, NoAnswer> {
        let sent = tokio::time::timeout(span, async {
            let url = self.check(&request.uri().to_string())?;
            let socket = self.connect(&url, port(&url)).await?;
            let (mut parts, body) = request.into_parts();
            let origin = origin_form(&url).parse::<http::Uri>();
            parts.uri = origin.map_err(|_| NoAnswer("its URL is not a URL".into()))?;
            let host = authority(&url).parse::<header::HeaderValue>();
            let host = host.map_err(|_| NoAnswer("its URL has no host".into()))?;
            parts.headers.insert(header::HOST, host);
            let request = Request::from_parts(parts, Full::new(body));
            self.over(&url, socket, request).await
        });
        sent.await.unwrap_or_else(|_| {
            let seconds = span.as_secs();
            Err(NoAnswer(format!("no answer within {seconds} s")))
        })
    }

    async fn ask(&self, method: Method, url: &str, body: Bytes) -> Result<Bytes, NoAnswer> {
        let url = self.check(url)?;
        let asked = tokio::time::timeout(REQUEST_SPAN_MAX, self.ask_checked(method, &url, body));
        asked.await.unwrap_or_else(|_| {
            let seconds = REQUEST_SPAN_MAX.as_secs();
            Err(NoAnswer(format!("no answer within {seconds} s")))
        })
    }

    async fn ask_checked(&self, method: Method, url: &Url, body: Bytes) -> Result<Bytes, NoAnswer> {
        let socket = self.connect(url, port(url)).await?;
        let request = Request::builder()
            .method(method)
            .uri(origin_form(url))
            .header(header::HOST, authority(url))
            .header(header::USER_AGENT, "headwater")
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|error| NoAnswer(error.to_string()))?;
        let answer = self.over(url, socket, request).await?;
        // A redirect too: whoever answers decides, and nobody it names.
        if answer.status() != http::StatusCode::OK {
            return Err(NoAnswer(format!("answered {}", answer.status())));
        }
        Ok(answer.into_body())
    }

    /// Over a connection to the URL's host, with TLS if the URL says so.
    async fn over(
        &self,
        url: &Url,
        socket: TcpStream,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, NoAnswer> {
        let fault = |error: &dyn std::fmt::Display| NoAnswer(error.to_string());
        if url.scheme() == "http" {
            return exchange(socket, request).await;
        }
        let host = url.host_str().unwrap_or_default();
        let name = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let name = ServerName::try_from(name).map_err(|error| fault(&error))?;
        let tls = TlsConnector::from(self.tls.clone()).connect(name, socket);
        let tls = tls.await.map_err(|error| fault(&error))?;
        exchange(tls, request).await
    }

    /// The name is looked up once, and the connection goes to what was looked at: a name that
    /// answers otherwise the second time leads nowhere.
    async fn connect(&self, url: &Url, port: u16) -> Result<TcpStream, NoAnswer> {
        let found: Vec<SocketAddr> = match url.host() {
            Some(Host::Ipv4(ip)) => vec![(ip, port).into()],
            Some(Host::Ipv6(ip)) => vec![(ip, port).into()],
            Some(Host::Domain(name)) => {
                let looked_up = tokio::net::lookup_host((name, port)).await;
                let looked_up = looked_up.map_err(|error| NoAnswer(format!("{name}: {error}")))?;
                looked_up.collect()
            }
            None => Vec::new(),
        };
        let allowed: Vec<SocketAddr> = found
            .into_iter()
            .filter(|address| self.may_reach(address.ip()))
            .collect();
        if allowed.is_empty() {
            return Err(NoAnswer(guard::PRIVATE.to_owned()));
        }
        let socket = TcpStream::connect(&allowed[..]).await;
        socket.map_err(|error| NoAnswer(error.to_string()))
    }

    fn may_reach(&self, address: std::net::IpAddr) -> bool {
        self.private_allowed || guard::is_public(address)
    }
}

fn port(url: &Url) -> u16 {
    url.port_or_known_default().unwrap_or(443)
}

/// The header Host.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Path and query, as they stand in a request to its own host.
fn origin_form(url: &Url) -> &str {
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    if path.is_empty() { "/" } else { path }
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, NoAnswer>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let fault = |error: hyper::Error| NoAnswer(error.to_string());
    let made = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = made.map_err(fault)?;
    let driver = tokio::spawn(connection);
    let answered = async {
        let answer = sender.send_request(request).await.map_err(fault)?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX);
        let body = body.collect().await;
        let body = body.map_err(|_| NoAnswer("the answer can't be read, or is too long".into()))?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    };
    let answered = answered.await;
    driver.abort();
    answered
}
