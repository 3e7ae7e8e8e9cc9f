// SPDX-License-Identifier: Apache-2.0
//! What an authorizer answers. One that breaks a rule lets nobody in.

use std::sync::Arc;
use std::time::Duration;

use hw_policy::{Document, Named, PolicySet};
use serde::Deserialize;
use serde_json::Value;

/// Most policies of an answer, as on AWS IoT.
const POLICIES_MAX: usize = 10;

/// Longest time that an answer may hold, in seconds.
const SECONDS_MAX: u64 = 86_400;

/// Somebody whom an authorizer let in.
#[derive(Debug, Clone)]
pub struct Granted {
    /// 1 to 128 letters and digits; a JWT's may have more.
    pub principal_id: String,
    /// Policy documents, as given; none if policies of the account hold.
    pub documents: Vec<String>,
    /// The same, named for explanations.
    pub policies: PolicySet,
    /// How long the connection may last.
    pub disconnect_after: Option<Duration>,
    /// When the authorizer is to be asked again.
    pub refresh_after: Option<Duration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    is_authenticated: bool,
    principal_id: Option<String>,
    #[serde(default)]
    policy_documents: Vec<Value>,
    disconnect_after_in_seconds: Option<u64>,
    refresh_after_in_seconds: Option<u64>,
}

/// Reads an answer.
///
/// # Errors
/// Nobody is let in; why, in words.
pub(super) fn read(authorizer: &str, body: &[u8]) -> Result<Granted, String> {
    let bad = |why: &str| format!("authorizer {authorizer}: bad answer: {why}");
    let answer: Answer =
        serde_json::from_slice(body).map_err(|error| bad(&format!("not its JSON: {error}")))?;
    if !answer.is_authenticated {
        return Err(format!("authorizer {authorizer}: not authenticated"));
    }
    let id = answer.principal_id.unwrap_or_default();
    let fits = (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    if !fits {
        return Err(bad("principalId must be 1 to 128 letters and digits"));
    }
    if !(1..=POLICIES_MAX).contains(&answer.policy_documents.len()) {
        return Err(bad("policyDocuments must be 1 to 10"));
    }
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let documents: Vec<String> = answer.policy_documents.into_iter().map(text).collect();
    let seconds = |value: Option<u64>, name: &str| match value {
        None => Ok(None),
        Some(seconds) if (1..=SECONDS_MAX).contains(&seconds) => {
            Ok(Some(Duration::from_secs(seconds)))
        }
        Some(_) => Err(bad(&format!("{name} must be 1 to {SECONDS_MAX}"))),
    };
    Ok(Granted {
        policies: policies(authorizer, &documents).map_err(|why| bad(&why))?,
        documents,
        principal_id: id,
        disconnect_after: seconds(
            answer.disconnect_after_in_seconds,
            "disconnectAfterInSeconds",
        )?,
        refresh_after: seconds(answer.refresh_after_in_seconds, "refreshAfterInSeconds")?,
    })
}

fn policies(authorizer: &str, documents: &[String]) -> Result<PolicySet, String> {
    let one = |(number, text): (usize, &String)| {
        let document = Document::parse(text)
            .map_err(|error| format!("policy document {}: {error}", number + 1))?;
        Ok(Named {
            name: format!("of authorizer {authorizer}, {}", number + 1),
            version: None,
            document: Arc::new(document),
        })
    };
    let named = documents.iter().enumerate().map(one);
    Ok(PolicySet::new(named.collect::<Result<_, String>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}"#;

    fn answer(change: impl FnOnce(&mut Value)) -> Result<Granted, String> {
        let mut value = serde_json::json!({
            "isAuthenticated": true, "principalId": "abc1",
            "policyDocuments": [POLICY, serde_json::from_str::<Value>(POLICY).expect("JSON")],
            "disconnectAfterInSeconds": 86400, "refreshAfterInSeconds": 300,
        });
        change(&mut value);
        read("a", value.to_string().as_bytes())
    }

    #[test]
    fn a_good_one() {
        let granted = answer(|_| {}).expect("good");
        assert_eq!(
            (granted.principal_id.as_str(), granted.documents.len()),
            ("abc1", 2)
        );
        assert_eq!(granted.refresh_after, Some(Duration::from_secs(300)));
    }

    #[test]
    fn whatever_is_wrong_lets_nobody_in() {
        let set = |key: &'static str, to: Value| move |value: &mut Value| value[key] = to;
        for (number, bad) in [
            answer(set("isAuthenticated", false.into())),
            answer(set("isAuthenticated", "true".into())),
            answer(set("isAuthenticated", Value::Null)),
            answer(set("principalId", Value::Null)),
            answer(set("principalId", "".into())),
            answer(set("principalId", "a-b".into())),
            answer(set("principalId", "a".repeat(129).into())),
            answer(set("policyDocuments", Value::Array(vec![]))),
            answer(set("policyDocuments", POLICY.into())),
            answer(set("policyDocuments", vec!["{}"].into())),
            answer(set("policyDocuments", vec![POLICY; 11].into())),
            answer(set("disconnectAfterInSeconds", 0.into())),
            answer(set("refreshAfterInSeconds", 86_401.into())),
            answer(set("refreshAfterInSeconds", (-1).into())),
            read("a", b""),
            read("a", b"[]"),
            read("a", b"{}"),
        ]
        .into_iter()
        .enumerate()
        {
            assert!(bad.is_err(), "{number}");
        }
    }
}
