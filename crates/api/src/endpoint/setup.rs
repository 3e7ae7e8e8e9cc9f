// SPDX-License-Identifier: Apache-2.0
//! `POST /api/v1/setup`: opens a one-time link: the first administrator, a new user, or one who
//! lost the password chooses one. `POST /api/v1/setup-link` makes such a link.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use hw_identity::IdentityError;
use hw_identity::sessions::SessionOwner;
use hw_identity::user_links::USER_LINK_SPAN;
use hw_model::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::session::{Identity, open, own_page};
use crate::auth::{Caller, Door, Owner, Who};
use crate::described::{Answer, Operation, wanted};
use crate::error::ApiError;
use crate::input;

/// A link's token, and what its opener chooses.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setup {
    /// What stands behind `#` in the link.
    token: String,
    /// User name: only for the first administrator.
    name: Option<String>,
    /// At least 12 characters; left out to ask whose link it is.
    #[schemars(with = "Option<String>")]
    password: Option<Secret>,
}

/// Whose link it is.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SetupLinkOwner {
    account: String,
    /// null for the first administrator, who chooses a name too.
    name: Option<String>,
}

/// A link that opens once.
#[derive(Serialize, JsonSchema)]
pub(crate) struct UserLink {
    /// Path and token, behind the address of this site.
    path: String,
    valid_seconds: u64,
}

impl UserLink {
    pub(super) fn new(token: &str) -> Self {
        Self {
            path: format!("/setup#{token}"),
            valid_seconds: USER_LINK_SPAN.as_secs(),
        }
    }
}

/// How it is described.
pub(crate) const SETUP: Operation = Operation {
    id: "setup",
    tag: "people",
    summary: "Choose a password with a one-time link",
    description: "With `password` the link is used up and its opener is signed in; without, the answer says whose link it is.",
    open: true,
    body: Some(wanted::<Setup>),
    answers: &[
        Answer::json::<Identity>(200, "Signed in; `Set-Cookie` has the session"),
        Answer::json::<SetupLinkOwner>(202, "The link is good; nothing was done"),
    ],
    ..Operation::PLAIN
};

pub(crate) async fn setup(
    State(door): State<Arc<Door>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    own_page(&door, &parts)?;
    let request = Request::from_parts(parts.clone(), body);
    let input::Json(setup) = input::Json::<Setup>::from_request(request, &door).await?;
    let identity = &door.deps.identity;
    let Some(password) = setup.password else {
        let owner = identity.user_link(&setup.token).await?;
        let Some(owner) = owner else {
            door.refused(&parts, None, "set-up link unknown, used or expired");
            return Err(IdentityError::Link.into());
        };
        let owner = SetupLinkOwner {
            account: owner.account.to_string(),
            name: owner.user,
        };
        return Ok((http::StatusCode::ACCEPTED, Json(owner)).into_response());
    };
    let opened = identity.open_user_link(&setup.token, setup.name.as_deref(), password.expose());
    let (account, name) = opened.await.inspect_err(|error| {
        if matches!(error, IdentityError::Link) {
            door.refused(&parts, None, "set-up link unknown, used or expired");
        }
    })?;
    let person = Caller {
        account,
        role: hw_identity::api_keys::Role::Read,
        who: Who::User(name.clone()),
        session: None,
    };
    door.done(&person, "password chosen with a one-time link".to_owned());
    identity.signed_in(account, &name).await;
    open(&door, &parts, account, SessionOwner::User(name)).await
}

/// How it is described.
pub(crate) const MAKE: Operation = Operation {
    id: "make_setup_link",
    tag: "server",
    summary: "Make the link for an account's first administrator (admin socket only)",
    answers: &[Answer::json::<UserLink>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn make(
    State(door): State<Arc<Door>>,
    Owner(caller): Owner,
) -> Result<Json<UserLink>, ApiError> {
    let token = door.deps.identity.make_setup_link(caller.account).await?;
    door.done(&caller, "link made for the first administrator".to_owned());
    Ok(Json(UserLink::new(&token)))
}
