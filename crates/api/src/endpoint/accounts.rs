// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/accounts`: the tenants of this server; only at the admin socket.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::auth::{Door, Owner};
use crate::described::{Answer, Operation, wanted};
use crate::error::ApiError;
use crate::input;
use crate::moment::Moment;

/// An account.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AccountEntry {
    /// Twelve digits, as in ARNs.
    account: String,
    name: String,
    created: Moment,
}

/// Accounts.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AccountList {
    /// By number.
    accounts: Vec<AccountEntry>,
}

/// An account to make.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccount {
    /// What people call it; 1 to 128 characters.
    #[schemars(length(min = 1, max = 128))]
    name: String,
    /// Its twelve digits; made up if they are left out.
    #[schemars(regex(pattern = r"^[0-9]{12}$"))]
    account: Option<String>,
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_accounts",
    tag: "server",
    summary: "List accounts (admin socket only)",
    answers: &[Answer::json::<AccountList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    _: Owner,
) -> Result<Json<AccountList>, ApiError> {
    let entry = |account: hw_identity::accounts::Account| AccountEntry {
        account: account.id.to_string(),
        name: account.name,
        created: account.created.into(),
    };
    let accounts = door.deps.identity.account_list().await?;
    let accounts = accounts.into_iter().map(entry).collect();
    Ok(Json(AccountList { accounts }))
}

/// How it is described.
pub(crate) const CREATE: Operation = Operation {
    id: "create_account",
    tag: "server",
    summary: "Make an account (admin socket only)",
    body: Some(wanted::<NewAccount>),
    answers: &[Answer::json::<AccountEntry>(201, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn create(
    State(door): State<Arc<Door>>,
    Owner(caller): Owner,
    input::Json(wanted): input::Json<NewAccount>,
) -> Result<(StatusCode, Json<AccountEntry>), ApiError> {
    let wrong =
        |bad: hw_model::account::BadAccountId| ApiError::invalid(format!("`account`: {bad}"));
    let id = wanted.account.map(|text| text.parse().map_err(wrong));
    let id = id.transpose()?;
    let made = door.deps.identity.create_account(id, &wanted.name).await?;
    door.done(&caller, format!("account {made} made"));
    let entry = AccountEntry {
        account: made.to_string(),
        name: wanted.name,
        created: door.deps.clock.now().into(),
    };
    Ok((StatusCode::CREATED, Json(entry)))
}
