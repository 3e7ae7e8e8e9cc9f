// SPDX-License-Identifier: Apache-2.0
//! Asks a URL about a client, with the JSON that AWS IoT gives a Lambda function.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hw_kernel::admission::Claims;
use serde_json::{Map, Value, json};

use super::answer::{self, Granted};
use crate::outbound::Outbound;

/// Asks it.
///
/// # Errors
/// Nobody is let in; why, in words.
pub(super) async fn ask(
    outbound: &Outbound,
    authorizer: &str,
    url: &str,
    claims: &Claims,
    (token, proved): (Option<&str>, bool),
) -> Result<Granted, String> {
    let question = question(claims, token, proved);
    let body = outbound.post(url, question.to_string().into_bytes()).await;
    let body = body.map_err(|error| format!("authorizer {authorizer}: {error}"))?;
    answer::read(authorizer, &body)
}

fn question(claims: &Claims, token: Option<&str>, proved: bool) -> Value {
    let mut protocols = Vec::new();
    let mut data = Map::new();
    if claims.tls {
        protocols.push("tls");
        data.insert(
            "tls".into(),
            json!({"serverName": claims.server_name.as_deref()}),
        );
    }
    if let Some(http) = &claims.http {
        protocols.push("http");
        let headers = http.headers.iter();
        let headers: Map<String, Value> = headers
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect();
        let query = match http.query.as_str() {
            "" => String::new(),
            query => format!("?{query}"),
        };
        let of_http = json!({"headers": headers, "queryString": query});
        data.insert("http".into(), of_http);
    }
    if let Some(mqtt) = &claims.mqtt {
        protocols.push("mqtt");
        let mut of_mqtt = Map::new();
        if let Some(name) = &mqtt.user_name {
            of_mqtt.insert("username".into(), name.as_str().into());
        }
        if let Some(password) = &mqtt.password {
            let password = STANDARD.encode(password.expose());
            of_mqtt.insert("password".into(), password.into());
        }
        of_mqtt.insert("clientId".into(), mqtt.client_id.as_str().into());
        data.insert("mqtt".into(), of_mqtt.into());
    }
    let mut question = json!({
        "signatureVerified": proved,
        "protocols": protocols,
        "protocolData": data,
        "connectionMetadata": {"id": uuid::Uuid::new_v4().to_string()},
    });
    if let Some(token) = token {
        question["token"] = token.into();
    }
    question
}
