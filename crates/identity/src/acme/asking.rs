// SPDX-License-Identifier: Apache-2.0
//! How the ACME server is asked: by our own way out, so that there is one HTTP client and one TLS.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};

use super::REQUEST_SPAN_MAX;
use crate::outbound::Outbound;

/// Asks by `Outbound`.
pub(super) struct Asking(pub Outbound);

type Answer = Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>>;

impl HttpClient for Asking {
    fn request(&self, request: Request<BodyWrapper<Bytes>>) -> Answer {
        let outbound = self.0.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = match body.collect().await {
                Ok(body) => body.to_bytes(),
                Err(never) => match never {},
            };
            let request = Request::from_parts(parts, body);
            let answer = outbound.send(request, REQUEST_SPAN_MAX).await;
            let answer = answer.map_err(|error| Error::Other(Box::new(error)))?;
            Ok(BytesResponse::from(answer.map(Full::new)))
        })
    }
}
