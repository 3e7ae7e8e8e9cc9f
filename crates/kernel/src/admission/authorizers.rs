// SPDX-License-Identifier: Apache-2.0
//! Admission without a certificate: whoever can say who somebody is by a token or a password.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hw_model::Secret;

use super::{Principal, Refusal};

/// What somebody brings who has no certificate.
#[derive(Debug, Clone)]
pub struct Claims {
    /// Where it comes from.
    pub address: IpAddr,
    /// The server name that it asked for; chooses the account as for certificates.
    pub server_name: Option<Arc<str>>,
    /// Whether the connection is TLS.
    pub tls: bool,
    /// Whether the door takes user names with passwords.
    pub passwords: bool,
    /// The HTTP request, if there is one: of a WebSocket or a publish.
    pub http: Option<HttpClaims>,
    /// The CONNECT, if there is one.
    pub mqtt: Option<MqttClaims>,
}

/// What an HTTP request says.
#[derive(Debug, Clone, Default)]
pub struct HttpClaims {
    /// The query as sent, without `?`.
    pub query: String,
    /// Headers in order of arrival; names in lower case.
    pub headers: Vec<(String, String)>,
}

/// What a CONNECT says.
#[derive(Debug, Clone)]
pub struct MqttClaims {
    /// User name.
    pub user_name: Option<String>,
    /// Password.
    pub password: Option<Secret<Vec<u8>>>,
    /// Client id, as sent or assigned.
    pub client_id: String,
}

/// Somebody let in.
#[derive(Debug, Clone)]
pub struct Authorized {
    /// Who it is and what it may.
    pub principal: Arc<Principal>,
    /// How long its connection may last.
    pub span_max: Option<Duration>,
}

/// Says who somebody is by what they bring. Implemented by `identity`.
#[async_trait::async_trait]
pub trait Authorizers: Send + Sync {
    /// Whether anybody could be let in at all, by a door that takes passwords or not: otherwise it
    /// need not listen for it.
    fn are_there(&self, passwords: bool) -> bool;

    /// Lets somebody in, or says why not. Whatever fails on the way is a refusal.
    async fn authorize(&self, claims: Claims) -> Result<Authorized, Refusal>;
}
