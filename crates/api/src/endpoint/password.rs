// SPDX-License-Identifier: Apache-2.0
//! `PUT /api/v1/password`: changes the caller's own password, and signs out everywhere else.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::response::Response;
use hw_identity::sessions::SessionOwner;
use hw_model::{ErrorKind, Secret};
use schemars::JsonSchema;
use serde::Deserialize;

use super::session::{Identity, open};
use crate::auth::{Caller, Door, Who, address};
use crate::described::{Answer, Operation, wanted};
use crate::error::ApiError;
use crate::input;

/// The password of now and the next.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    #[schemars(with = "String")]
    current: Secret,
    /// At least 12 characters.
    #[schemars(with = "String")]
    new: Secret,
}

/// How it is described.
pub(crate) const CHANGE: Operation = Operation {
    id: "change_password",
    tag: "people",
    summary: "Change the own password",
    description: "Every session of the user ends; the answer sets the cookie of a new one.",
    body: Some(wanted::<PasswordChange>),
    answers: &[Answer::json::<Identity>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn change(
    State(door): State<Arc<Door>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, &door).await?;
    let Who::User(name) = &caller.who else {
        let message = "only a person who is signed in has a password";
        return Err(ApiError::new(ErrorKind::Denied, message));
    };
    let request = Request::from_parts(parts.clone(), body);
    let input::Json(change) = input::Json::<PasswordChange>::from_request(request, &door).await?;
    let (identity, address) = (&door.deps.identity, address(&parts));
    let PasswordChange { current, new } = &change;
    let changed = identity.change_password(
        caller.account,
        name,
        current.expose(),
        new.expose(),
        address.as_deref(),
    );
    if let Err(error) = changed.await {
        let error = match error {
            // Who is signed in is known: it is the field that is wrong.
            hw_identity::IdentityError::Credentials => {
                door.refused(
                    &parts,
                    Some(&caller),
                    "password change: the current one is wrong",
                );
                ApiError::new(ErrorKind::Denied, "`current` is not the password")
            }
            other => other.into(),
        };
        return Err(error);
    }
    door.done(&caller, "password changed".to_owned());
    open(
        &door,
        &parts,
        caller.account,
        SessionOwner::User(name.clone()),
    )
    .await
}
