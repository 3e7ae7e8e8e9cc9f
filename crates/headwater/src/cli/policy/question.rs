// SPDX-License-Identifier: Apache-2.0
//! One question of `policy test`: its JSON form, and its answer's.

use std::sync::Arc;

use hw_policy::{Context, Document, Named, PolicySet, Request, evaluate};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Question<'a> {
    /// Documents as they are written, so that a key that stands twice is seen; or as strings that
    /// hold one, as AWS answers carry them.
    #[serde(borrow)]
    policies: Vec<&'a RawValue>,
    action: String,
    resource: String,
    #[serde(default)]
    context: Context,
}

/// The answer to a line, or why it cannot be used.
pub(super) fn answer(line: &[u8]) -> Result<Value, String> {
    let line = std::str::from_utf8(line).map_err(|_| "not UTF-8".to_owned())?;
    let line = line.trim();
    if !line.starts_with('{') {
        return Err("a JSON object is expected".to_owned());
    }
    let question: Question = serde_json::from_str(line).map_err(|error| in_line(&error))?;
    let policies = question.policies.iter().enumerate();
    let policies: Vec<Named> = policies
        .map(|(at, raw)| named(at, raw))
        .collect::<Result<_, _>>()?;
    let decision = evaluate(
        &PolicySet::new(policies),
        &Request {
            action: &question.action,
            resource: &question.resource,
            context: &question.context,
        },
    );
    let mut answer = json!({"decision": decision.effect.as_str(), "why": decision.why.text});
    if let Some(statement) = &decision.why.statement {
        answer["statement"] = json!(statement);
    }
    Ok(answer)
}

/// The policies are called 1, 2, … in answers, unless a document has an `Id`.
fn named(at: usize, raw: &RawValue) -> Result<Named, String> {
    let of_policy = |why: String| format!("policy {}: {why}", at + 1);
    let document = match serde_json::from_str::<String>(raw.get()) {
        Ok(text) => Document::parse(&text),
        Err(_) => Document::parse(raw.get()),
    };
    let document = document.map_err(|error| of_policy(error.to_string()))?;
    let name = document
        .id()
        .map_or_else(|| (at + 1).to_string(), str::to_owned);
    Ok(Named {
        name,
        version: None,
        document: Arc::new(document),
    })
}

/// What is wrong and at which column: the number of the line is the file's, not the parser's.
fn in_line(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or(&text);
    format!("{what} (column {})", error.column())
}
