// SPDX-License-Identifier: Apache-2.0
//! The calls of the HTTP API that commands need.

use bytes::Bytes;
use http::{Method, Request, Response, header};
use http_body_util::Full;
use hw_model::Secret;
use hyper::body::Incoming;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::doors::Status;
use super::{Client, ClientError, Events};

/// Largest part of an error answer that is not ours which is shown, in characters.
const FOREIGN_CHARACTERS_MAX: usize = 200;

/// The header by which the admin socket is told the account.
const ACCOUNT_HEADER: &str = "headwater-account";

/// The answer to a statement.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Rows {
    /// In order.
    pub columns: Vec<Column>,
    /// A value per column.
    pub rows: Vec<Vec<Value>>,
}

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Column {
    /// As the statement names it.
    pub name: String,
}

/// One set of keys, for every way in. They are shown once; the server keeps no copy to show again.
#[derive(Clone, Deserialize)]
pub struct Keys {
    /// For the HTTP API, and the password of PostgreSQL clients.
    pub api_key: Secret,
    /// For AWS clients; keys that only read have none.
    pub access_key_id: Option<String>,
    /// Its secret.
    pub secret_access_key: Option<Secret>,
    /// AWS region of this server.
    pub region: String,
    /// Twelve digits, as in ARNs.
    pub account: String,
}

#[derive(Deserialize)]
struct Refused {
    error: RefusedBody,
}

#[derive(Deserialize)]
struct RefusedBody {
    kind: String,
    message: String,
}

#[derive(Deserialize)]
struct Link {
    path: String,
}

impl Client {
    /// Runs one statement; `params` stand for `$1`, `$2`, ….
    pub async fn sql(&self, statement: &str, params: &[Value]) -> Result<Rows, ClientError> {
        let body = json!({"sql": statement, "params": params});
        self.call(Method::POST, "/api/v1/sql", Some(&body)).await
    }

    /// The same as a file: `format` is `csv` or `parquet`.
    pub async fn sql_file(
        &self,
        statement: &str,
        params: &[Value],
        format: &str,
    ) -> Result<Bytes, ClientError> {
        let body = json!({"sql": statement, "params": params});
        let path = format!("/api/v1/sql?format={format}");
        let answer = self.send(Method::POST, &path, Some(&body)).await?;
        self.way.read(answer.into_body()).await
    }

    /// Messages whose topics match `filter`, from now on.
    pub async fn stream(&self, filter: &str) -> Result<Events, ClientError> {
        let topic = utf8_percent_encode(filter, NON_ALPHANUMERIC);
        let path = format!("/api/v1/stream?topic={topic}");
        let answer = self.send(Method::GET, &path, None).await?;
        Ok(Events::new(answer.into_body(), self.way.clone()))
    }

    /// What happened to a message, thing or client: `by` is `trace`, `thing` or `client`.
    pub async fn explain(&self, by: &str, name: &str) -> Result<Value, ClientError> {
        let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
        let path = format!("/api/v1/explain?{by}={name}");
        self.call(Method::GET, &path, None).await
    }

    /// Returns when all that was acknowledged before is in Parquet.
    pub async fn lake_flush(&self) -> Result<(), ClientError> {
        let _: Value = self
            .call(Method::POST, "/api/v1/lake/flush", Some(&json!({})))
            .await?;
        Ok(())
    }

    /// A round of upkeep of the tables, as `compact`: what it did. By the admin socket alone.
    pub async fn upkeep(&self, path: &str) -> Result<Value, ClientError> {
        let path = format!("/api/v1/lake/{path}");
        self.call(Method::POST, &path, Some(&json!({}))).await
    }

    /// The server's workers, each as JSON.
    pub async fn workers(&self) -> Result<Vec<Value>, ClientError> {
        let list: Value = self.call(Method::GET, "/api/v1/workers", None).await?;
        Ok(list["workers"].as_array().cloned().unwrap_or_default())
    }

    /// Makes keys; `role` is `admin` or `read`.
    pub async fn create_keys(&self, label: &str, role: &str) -> Result<Keys, ClientError> {
        let body = json!({"label": label, "role": role});
        self.call(Method::POST, "/api/v1/keys", Some(&body)).await
    }

    /// The path of a link that opens `page` once without a key, and lets its opener do what `role`
    /// may: `admin` or `read`.
    pub async fn create_link(&self, page: &str, role: &str) -> Result<String, ClientError> {
        let body = json!({"path": page, "role": role});
        let link: Link = self
            .call(Method::POST, "/api/v1/links", Some(&body))
            .await?;
        Ok(link.path)
    }

    /// Returns if the server takes messages in; else it is an error.
    pub async fn ready(&self) -> Result<(), ClientError> {
        let answer = self.send(Method::GET, "/readyz", None).await?;
        self.way.read(answer.into_body()).await.map(drop)
    }

    /// How the server stands, as it says it.
    pub async fn whole_status(&self) -> Result<Value, ClientError> {
        self.call(Method::GET, "/api/v1/status", None).await
    }

    /// Asks whatever the API knows; an answer without a body is null.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, ClientError> {
        self.call(method, path, body).await
    }

    /// Deletes what is at a path; the status of the answer.
    pub async fn delete(&self, path: &str) -> Result<u16, ClientError> {
        let answer = self.send(Method::DELETE, path, None).await?;
        let status = answer.status().as_u16();
        self.way.read(answer.into_body()).await?;
        Ok(status)
    }

    pub(super) async fn status(&self) -> Result<Status, ClientError> {
        self.call(Method::GET, "/api/v1/status", None).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, ClientError> {
        let answer = self.send(method, path, body).await?;
        let bytes = self.way.read(answer.into_body()).await?;
        let bytes = match bytes.is_empty() {
            true => Bytes::from_static(b"null"),
            false => bytes,
        };
        serde_json::from_slice(&bytes).map_err(|error| self.way.broken(&error))
    }

    /// Sends a request; a refusal becomes an error.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response<Incoming>, ClientError> {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(header::HOST, &self.authority);
        request = request.header(header::TE, "trailers");
        if let Some(key) = &self.api_key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", key.expose()));
        }
        if let Some(account) = self.account {
            request = request.header(ACCOUNT_HEADER, account.to_string());
        }
        let bytes = match body {
            None => Bytes::new(),
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Bytes::from(body.to_string())
            }
        };
        let request = request
            .body(Full::new(bytes))
            .map_err(|error| ClientError::Url {
                url: format!("{path} ({error})"),
            })?;
        let answer = self.way.send(request).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status().as_u16();
        let bytes = self.way.read(answer.into_body()).await?;
        Err(refusal(status, &bytes))
    }
}

/// The API's own error, or what can be said of an answer that is none.
fn refusal(status: u16, body: &[u8]) -> ClientError {
    if let Ok(Refused { error }) = serde_json::from_slice(body) {
        return ClientError::Answer {
            status,
            kind: error.kind,
            message: error.message,
        };
    }
    let kind = match status {
        401 => "unauthenticated",
        403 => "denied",
        404 => "not_found",
        _ => "internal",
    };
    let text: String = String::from_utf8_lossy(body)
        .chars()
        .take(FOREIGN_CHARACTERS_MAX)
        .collect();
    let message = format!("the server answered with status {status}: {}", text.trim());
    ClientError::Answer {
        status,
        kind: kind.to_owned(),
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_and_message(status: u16, body: &str) -> (String, String) {
        match refusal(status, body.as_bytes()) {
            ClientError::Answer { kind, message, .. } => (kind, message),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn refusals() {
        let ours = r#"{"error":{"kind":"denied","message":"this key may only read"}}"#;
        assert_eq!(
            kind_and_message(403, ours),
            ("denied".into(), "this key may only read".into())
        );
        let (kind, message) = kind_and_message(404, "<html>nothing here</html>");
        assert_eq!(kind, "not_found");
        assert!(
            message.contains("404") && message.contains("nothing here"),
            "{message}"
        );
    }
}
