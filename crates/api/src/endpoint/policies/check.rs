// SPDX-License-Identifier: Apache-2.0
//! `POST /api/v1/policy-check`: whether a policy document is one, while it is being written.
//! Beside the policies and not below them, where it would hide the policy of its name.

use axum::Json;
use hw_identity::policies::problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::document;
use crate::auth::Caller;
use crate::described::{Answer, Operation, wanted};
use crate::input;

/// What to look at.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Checking {
    /// A document, or its text in a string, which need not be JSON yet.
    #[schemars(with = "serde_json::Value")]
    document: Box<RawValue>,
}

/// How it is.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Checked {
    /// Whether it can be a policy's.
    valid: bool,
    problems: Vec<Problem>,
}

/// What is wrong.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Problem {
    /// Where and what.
    message: String,
}

/// How it is described.
pub(crate) const CHECK: Operation = Operation {
    id: "check_policy",
    tag: "devices",
    summary: "Whether a policy document is one",
    body: Some(wanted::<Checking>),
    answers: &[Answer::json::<Checked>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn check(
    _: Caller,
    input::Json(checking): input::Json<Checking>,
) -> Json<Checked> {
    let problem = problem(&document::text(&checking.document));
    let problems = problem.into_iter().map(|message| Problem { message });
    let problems: Vec<Problem> = problems.collect();
    Json(Checked {
        valid: problems.is_empty(),
        problems,
    })
}
