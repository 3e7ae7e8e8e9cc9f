// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/accounts`: the tenants of this server, for who runs it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use hw_model::{AccountId, ErrorKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::setup::UserLink;
use crate::auth::{Door, Operator};
use crate::described::{Answer, Operation, wanted};
use crate::error::ApiError;
use crate::input::{self, Path};
use crate::moment::Moment;

/// An account.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AccountEntry {
    /// Twelve digits, as in ARNs.
    account: String,
    name: String,
    created: Moment,
    /// Whether it has an administrator who can sign in.
    has_administrator: bool,
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
    summary: "List accounts (who runs the server)",
    answers: &[Answer::json::<AccountList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    _: Operator,
) -> Result<Json<AccountList>, ApiError> {
    let entry = |account: hw_identity::accounts::Account| AccountEntry {
        account: account.id.to_string(),
        name: account.name,
        created: account.created.into(),
        has_administrator: account.has_administrator,
    };
    let accounts = door.deps.identity.account_list().await?;
    let accounts = accounts.into_iter().map(entry).collect();
    Ok(Json(AccountList { accounts }))
}

/// How it is described.
pub(crate) const CREATE: Operation = Operation {
    id: "create_account",
    tag: "server",
    summary: "Make an account (who runs the server)",
    body: Some(wanted::<NewAccount>),
    answers: &[Answer::json::<AccountEntry>(201, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn create(
    State(door): State<Arc<Door>>,
    Operator(caller): Operator,
    input::Json(wanted): input::Json<NewAccount>,
) -> Result<(StatusCode, Json<AccountEntry>), ApiError> {
    let id = wanted.account.map(|text| number(&text));
    let id = id.transpose()?;
    let made = door.deps.identity.create_account(id, &wanted.name).await?;
    door.done(&caller, format!("account {made} made"));
    let entry = AccountEntry {
        account: made.to_string(),
        name: wanted.name,
        created: door.deps.clock.now().into(),
        has_administrator: false,
    };
    Ok((StatusCode::CREATED, Json(entry)))
}

/// How it is described.
pub(crate) const LINK: Operation = Operation {
    id: "create_account_link",
    tag: "server",
    summary: "Make the link for an account's first administrator (who runs the server)",
    description: "It opens once, and lets choose a name and a password. Refused (409) once the account has an administrator: who runs the server has no way into the accounts of others.",
    path: &[("account", "Twelve digits")],
    answers: &[Answer::json::<UserLink>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn link(
    State(door): State<Arc<Door>>,
    Operator(caller): Operator,
    Path(account): Path<String>,
) -> Result<Json<UserLink>, ApiError> {
    let (account, identity) = (number(&account)?, &door.deps.identity);
    if !identity.has_account(account).await? {
        let message = format!("there is no account {account}");
        return Err(ApiError::new(ErrorKind::NotFound, message));
    }
    let token = identity.make_setup_link(account).await?;
    let done = format!("link made for the first administrator of account {account}");
    door.done(&caller, done);
    Ok(Json(UserLink::new(&token)))
}

fn number(text: &str) -> Result<AccountId, ApiError> {
    let wrong =
        |bad: hw_model::account::BadAccountId| ApiError::invalid(format!("`account`: {bad}"));
    text.parse().map_err(wrong)
}
