// SPDX-License-Identifier: Apache-2.0
//! TestAuthorization: what the policies of a certificate or thing group say, with others added or left out.

use hw_identity::authorization::{Judgement, Question, Who};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{principal, shapes};
use crate::error::AwsError;
use crate::operation::{Call, operation};
use crate::output::Output;

operation!("iot", "TestAuthorization", run);

/// Most questions of one request.
const QUESTIONS_MAX: usize = 10;

/// Most resources of one question.
const RESOURCES_MAX: usize = 100;

/// Longest resource, in characters.
const RESOURCE_CHARACTERS_MAX: usize = 2_048;

/// Most policies to add or to skip.
const POLICIES_MAX: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    principal: Option<String>,
    cognito_identity_pool_id: Option<String>,
    auth_infos: Vec<AuthInfo>,
    policy_names_to_add: Option<Vec<String>>,
    policy_names_to_skip: Option<Vec<String>>,
}

#[derive(Deserialize, Serialize, Clone)]
#[serde(rename_all = "camelCase")]
struct AuthInfo {
    action_type: String,
    resources: Vec<String>,
}

impl AuthInfo {
    fn question(&self) -> Result<Question, AwsError> {
        let action = match self.action_type.as_str() {
            "CONNECT" => "iot:Connect",
            "PUBLISH" => "iot:Publish",
            "SUBSCRIBE" => "iot:Subscribe",
            "RECEIVE" => "iot:Receive",
            _ => {
                let message = "actionType is CONNECT, PUBLISH, SUBSCRIBE or RECEIVE";
                return Err(AwsError::invalid(message));
            }
        };
        let long = |resource: &String| resource.chars().count() > RESOURCE_CHARACTERS_MAX;
        let few = (1..=RESOURCES_MAX).contains(&self.resources.len());
        if !few || self.resources.iter().any(long) {
            return Err(AwsError::invalid(format!(
                "resources are 1 to {RESOURCES_MAX} ARNs of up to {RESOURCE_CHARACTERS_MAX} \
                 characters"
            )));
        }
        Ok(Question {
            action: action.to_owned(),
            resources: self.resources.clone(),
        })
    }
}

async fn run(call: Call<'_>) -> Result<Output, AwsError> {
    let body: Body = call.input.json()?;
    if !(1..=QUESTIONS_MAX).contains(&body.auth_infos.len()) {
        return Err(AwsError::invalid(format!(
            "authInfos has 1 to {QUESTIONS_MAX} entries"
        )));
    }
    let pool = body.cognito_identity_pool_id.as_deref();
    let who = Who {
        principal: principal::of(&call, body.principal.as_deref(), pool)?,
        client_id: call.input.query("clientId").map(str::to_owned),
        add: body.policy_names_to_add.unwrap_or_default(),
        skip: body.policy_names_to_skip.unwrap_or_default(),
    };
    if who.add.len() > POLICIES_MAX || who.skip.len() > POLICIES_MAX {
        return Err(AwsError::new(
            "LimitExceededException",
            410,
            format!("at most {POLICIES_MAX} policies can be added or skipped"),
        ));
    }
    let questions = body.auth_infos.iter().map(AuthInfo::question);
    let questions = questions.collect::<Result<Vec<_>, _>>()?;
    let judgements = call
        .deps
        .identity
        .test_authorization(call.caller.account, &who, &questions)
        .await?;
    let asked = body.auth_infos.iter().zip(&judgements);
    let results: Vec<Value> = asked
        .map(|(info, judgement)| result(&call, info, judgement))
        .collect();
    Ok(Output::Json(json!({"authResults": results})))
}

fn result(call: &Call<'_>, info: &AuthInfo, judgement: &Judgement) -> Value {
    let policies = |names: &[String]| json!({"policies": shapes::policies(call, names)});
    json!({
        "authInfo": info,
        "allowed": policies(&judgement.allow),
        "denied": {
            "implicitDeny": policies(&judgement.silent),
            "explicitDeny": policies(&judgement.deny),
        },
        "authDecision": judgement.effect.as_str(),
        "missingContextValues": judgement.missing,
    })
}
