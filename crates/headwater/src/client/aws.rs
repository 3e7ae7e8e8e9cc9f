// SPDX-License-Identifier: Apache-2.0
//! A small client of the AWS APIs: REST-JSON over HTTPS, signed with SigV4.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::Full;
use hw_kernel::Clock;
use hw_model::Secret;
use hw_sigv4::{Credentials, sign};
use serde_json::Value;

use super::tls::trusting;
use super::wire::Way;
use super::{ClientError, Doors, Keys};

/// A client of one server's `iot` API.
pub struct Aws {
    way: Way,
    authority: String,
    access_key_id: String,
    secret_access_key: Secret,
    region: String,
    account: String,
    clock: Arc<dyn Clock>,
}

/// What a call asks for.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// HTTP method.
    pub method: Method,
    /// Path, percent-encoded.
    pub path: &'a str,
    /// Query without `?`.
    pub query: &'a str,
    /// Headers beside the usual ones; names in lower case.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body, if there is one.
    pub body: Option<Value>,
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// The server refused it.
    #[error("{code}: {message}")]
    Refused {
        /// AWS's name, as `ResourceAlreadyExistsException`.
        code: String,
        /// For people.
        message: String,
    },
    /// There was no answer.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl Aws {
    /// A client that signs with `keys` and trusts the server's own authority.
    ///
    /// # Errors
    /// The HTTPS door is closed, the CA file cannot be used, or the keys are not for AWS APIs.
    pub fn new(doors: &Doors, keys: Keys, clock: Arc<dyn Clock>) -> Result<Self, ClientError> {
        let https = doors
            .https
            .as_ref()
            .ok_or(ClientError::Closed { door: "https" })?;
        let way = Way::Tls {
            host: https.host.clone(),
            port: https.port,
            name: doors.server_name.clone(),
            config: trusting(Some(&doors.ca))?,
        };
        let (Some(access_key_id), Some(secret_access_key)) =
            (keys.access_key_id, keys.secret_access_key)
        else {
            return Err(ClientError::ReadOnly);
        };
        Ok(Self {
            way,
            authority: format!("{}:{}", doors.server_name, https.port),
            access_key_id,
            secret_access_key,
            region: keys.region,
            account: keys.account,
            clock,
        })
    }

    /// Region and account, as they stand in ARNs.
    pub fn region_and_account(&self) -> (&str, &str) {
        (&self.region, &self.account)
    }

    /// Sends one call; the answer's JSON.
    pub async fn call(&self, call: Call<'_>) -> Result<Value, AwsError> {
        let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
        let mut headers: Vec<(&str, &str)> = vec![("host", &self.authority)];
        if call.body.is_some() {
            headers.push((header::CONTENT_TYPE.as_str(), "application/json"));
        }
        headers.extend_from_slice(call.headers);
        let signed = sign(
            &hw_sigv4::Request {
                method: call.method.as_str(),
                path: call.path,
                query: call.query,
                headers: &headers,
                body: body.as_bytes(),
            },
            &Credentials {
                access_key_id: &self.access_key_id,
                secret_access_key: self.secret_access_key.expose(),
                region: &self.region,
                service: "iot",
            },
            self.clock.now().0.div_euclid(1_000_000),
        );
        let target = match call.query {
            "" => call.path.to_owned(),
            query => format!("{}?{query}", call.path),
        };
        let mut request = Request::builder().method(call.method).uri(&target);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        for (name, value) in &signed {
            request = request.header(name, value);
        }
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| ClientError::Url {
                url: format!("{target} ({error})"),
            })?;
        self.answer(request).await
    }

    async fn answer(&self, request: Request<Full<Bytes>>) -> Result<Value, AwsError> {
        let answer = self.way.send(request).await?;
        let (parts, body) = answer.into_parts();
        let bytes = self.way.read(body).await?;
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if parts.status.is_success() {
            return Ok(value);
        }
        // Some answers name the error with a URL behind it: `Name:http://…`.
        let named = parts
            .headers
            .get("x-amzn-errortype")
            .and_then(|name| name.to_str().ok());
        let code = named
            .and_then(|name| name.split(':').next())
            .unwrap_or(parts.status.as_str());
        let message = value["message"].as_str().or(value["Message"].as_str());
        Err(AwsError::Refused {
            code: code.to_owned(),
            message: message.unwrap_or("no message").to_owned(),
        })
    }
}
