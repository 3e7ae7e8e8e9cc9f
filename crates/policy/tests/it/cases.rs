// SPDX-License-Identifier: Apache-2.0
//! Runs `tests/cases/*.jsonl`: policies, action, resource, context, and the decision expected.

use std::fs;
use std::path::Path;

use hw_policy::{Context, Document, Named, PolicySet, Request, evaluate};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    policies: Vec<Value>,
    action: String,
    resource: String,
    context: Value,
    decision: String,
    /// A part of the explanation.
    why: Option<String>,
}

/// Reads every case with the file it stands in.
fn all() -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        for line in fs::read_to_string(&path).unwrap().lines() {
            cases.push((file.clone(), serde_json::from_str(line).unwrap()));
        }
    }
    cases
}

pub fn set(policies: &[Value]) -> PolicySet {
    let named = (0..).zip(policies).map(|(i, policy): (usize, _)| Named {
        name: format!("p{i}"),
        version: Some("1".into()),
        document: Document::parse_large(&policy.to_string()).unwrap().into(),
    });
    PolicySet::new(named.collect())
}

#[test]
fn every_case_is_decided_as_expected() {
    let cases = all();
    assert!(cases.len() >= 120, "cases are missing: {}", cases.len());
    let mut wrong = Vec::new();
    for (file, case) in cases {
        let context: Context = serde_json::from_value(case.context.clone()).unwrap();
        let request = Request {
            action: &case.action,
            resource: &case.resource,
            context: &context,
        };
        let decision = evaluate(&set(&case.policies), &request);
        let why = decision.why.to_string();
        let explained = case.why.as_ref().is_none_or(|part| why.contains(part));
        if decision.effect.as_str() != case.decision || !explained {
            wrong.push(format!(
                "{file}: {}: {} because {why}",
                case.name, decision.effect
            ));
        }
        let oracle =
            crate::oracle::decide(&case.policies, &case.action, &case.resource, &case.context);
        if oracle != case.decision {
            wrong.push(format!("{file}: {}: the oracle says {oracle}", case.name));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn a_decision_is_json_of_the_contract() {
    let allow = serde_json::json!({"Version": "2012-10-17", "Statement":
        {"Sid": "S", "Effect": "Allow", "Action": "iot:Publish", "Resource": "*"}});
    let context = Context::default();
    let request = Request {
        action: "iot:Publish",
        resource: "arn:x",
        context: &context,
    };
    let decision = serde_json::to_value(evaluate(&set(&[allow]), &request)).unwrap();
    assert_eq!(decision["decision"], "ALLOWED");
    assert_eq!(decision["why"]["policy"], "p0");
    assert_eq!(decision["why"]["sid"], "S");
    assert_eq!(
        decision["why"]["text"],
        "policy p0 version 1 statement 0 (S) allows iot:Publish on arn:x"
    );
}
