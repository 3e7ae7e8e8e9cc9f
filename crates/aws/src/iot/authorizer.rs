// SPDX-License-Identifier: Apache-2.0
//! Authorizers in bodies and answers.

use std::collections::BTreeMap;

use hw_identity::authorizers::Authorizer;
use hw_model::{Tag, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::shapes;
use super::tags::{Given, given};
use crate::error::AwsError;
use crate::operation::Call;

/// What CreateAuthorizer and UpdateAuthorizer are given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Body {
    authorizer_function_arn: Option<String>,
    token_key_name: Option<String>,
    token_signing_public_keys: Option<BTreeMap<String, String>>,
    status: Option<String>,
    signing_disabled: Option<bool>,
    enable_caching_for_http: Option<bool>,
    tags: Option<Vec<Given>>,
}

impl Body {
    /// A new one with its tags; INACTIVE unless asked otherwise, as on AWS IoT.
    pub fn make(mut self, name: &str) -> Result<(Authorizer, Vec<Tag>), AwsError> {
        let tags = given(self.tags.take());
        let empty = Authorizer {
            name: name.to_owned(),
            function_arn: String::new(),
            token_key_name: None,
            signing_keys: BTreeMap::new(),
            signing_disabled: false,
            is_active: false,
            caching_for_http: false,
            created: Timestamp::default(),
            modified: Timestamp::default(),
        };
        Ok((self.change(empty)?, tags))
    }

    /// One with what is given changed.
    pub fn change(self, mut authorizer: Authorizer) -> Result<Authorizer, AwsError> {
        if let Some(arn) = self.authorizer_function_arn {
            authorizer.function_arn = arn;
        }
        authorizer.token_key_name = self.token_key_name.or(authorizer.token_key_name);
        if let Some(keys) = self.token_signing_public_keys {
            authorizer.signing_keys = keys;
        }
        if let Some(status) = self.status {
            authorizer.is_active = active(&status)?;
        }
        if let Some(disabled) = self.signing_disabled {
            authorizer.signing_disabled = disabled;
        }
        if let Some(caching) = self.enable_caching_for_http {
            authorizer.caching_for_http = caching;
        }
        Ok(authorizer)
    }
}

/// From a status.
pub(crate) fn active(status: &str) -> Result<bool, AwsError> {
    match status {
        "ACTIVE" => Ok(true),
        "INACTIVE" => Ok(false),
        _ => Err(AwsError::invalid("status is ACTIVE or INACTIVE")),
    }
}

/// Name and ARN, as most answers have them.
pub(crate) fn named(call: &Call<'_>, name: &str) -> Value {
    let arn = call.deps.identity.authorizer_arn(call.caller.account, name);
    json!({"authorizerName": name, "authorizerArn": arn})
}

/// All of it.
pub(crate) fn described(call: &Call<'_>, authorizer: &Authorizer) -> Value {
    let mut described = named(call, &authorizer.name);
    for (name, value) in [
        ("authorizerFunctionArn", json!(authorizer.function_arn)),
        ("tokenKeyName", json!(authorizer.token_key_name)),
        ("tokenSigningPublicKeys", json!(authorizer.signing_keys)),
        (
            "status",
            json!(if authorizer.is_active {
                "ACTIVE"
            } else {
                "INACTIVE"
            }),
        ),
        ("creationDate", json!(authorizer.created.seconds_f64())),
        ("lastModifiedDate", json!(authorizer.modified.seconds_f64())),
        ("signingDisabled", json!(authorizer.signing_disabled)),
        ("enableCachingForHttp", json!(authorizer.caching_for_http)),
    ] {
        described[name] = value;
    }
    json!({"authorizerDescription": shapes::without_nulls(described)})
}
