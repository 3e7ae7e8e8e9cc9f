// SPDX-License-Identifier: Apache-2.0
//! TestInvokeAuthorizer: what an authorizer says of somebody who is not there.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hw_kernel::admission::{Claims, HttpClaims, MqttClaims};
use hw_model::Secret;
use serde::Deserialize;
use serde_json::json;

use super::shapes;
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "TestInvokeAuthorizer", run);

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    token: Option<String>,
    token_signature: Option<String>,
    http_context: Option<HttpContext>,
    mqtt_context: Option<MqttContext>,
    tls_context: Option<TlsContext>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HttpContext {
    #[serde(default)]
    headers: BTreeMap<String, String>,
    query_string: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MqttContext {
    username: Option<String>,
    password: Option<String>,
    client_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TlsContext {
    server_name: Option<String>,
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let name = call.input.label("authorizerName");
    let body: Body = call.input.json()?;
    let (deps, account) = (call.deps, call.caller.account);
    let authorizer = deps.identity.authorizer(account, name).await?;
    let key = authorizer.token_key_name.as_deref();
    let claims = claims(&call, body, key)?;
    let asked = deps.authorizers.test(account, name, &claims).await?;
    let granted = asked.map_err(|why| AwsError::new("InvalidResponseException", 400, why))?;
    Ok(Output::Json(shapes::without_nulls(json!({
        "isAuthenticated": true,
        "principalId": granted.principal_id,
        "policyDocuments": granted.documents,
        "refreshAfterInSeconds": granted.refresh_after.map(|span| span.as_secs()),
        "disconnectAfterInSeconds": granted.disconnect_after.map(|span| span.as_secs()),
    }))))
}

/// A token given by itself stands where a client would put it.
fn claims(call: &Call<'_>, body: Body, key: Option<&str>) -> Result<Claims, AwsError> {
    let has_http = body.http_context.is_some() || body.token.is_some();
    let http = body.http_context.unwrap_or_default();
    let lower = |(name, value): (String, String)| (name.to_ascii_lowercase(), value);
    let mut headers: Vec<(String, String)> = http.headers.into_iter().map(lower).collect();
    if let (Some(key), Some(token)) = (key, body.token) {
        headers.push((key.to_ascii_lowercase(), token));
    }
    if let Some(signature) = body.token_signature {
        headers.push(("x-amz-customauthorizer-signature".into(), signature));
    }
    let password = |text: String| {
        let bytes = STANDARD.decode(text);
        let bytes = bytes.map_err(|_| AwsError::invalid("password must be base64"))?;
        Ok::<_, AwsError>(Secret::new(bytes))
    };
    let mqtt = body.mqtt_context.map(|mqtt| {
        Ok::<_, AwsError>(MqttClaims {
            user_name: mqtt.username,
            password: mqtt.password.map(password).transpose()?,
            client_id: mqtt.client_id.unwrap_or_default(),
        })
    });
    Ok(Claims {
        passwords: false,
        address: call.caller.address,
        tls: body.tls_context.is_some(),
        server_name: body
            .tls_context
            .and_then(|tls| tls.server_name)
            .map(|name| name.as_str().into()),
        http: has_http.then(|| HttpClaims {
            query: http
                .query_string
                .unwrap_or_default()
                .trim_start_matches('?')
                .to_owned(),
            headers,
        }),
        mqtt: mqtt.transpose()?,
    })
}
