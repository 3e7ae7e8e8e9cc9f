// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/users`: people of the account, for an administrator in person. No key touches them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use hw_identity::users::User;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::keys::WantedRole;
use super::setup::UserLink;
use crate::auth::{Door, Person};
use crate::described::{Answer, Operation, wanted};
use crate::error::ApiError;
use crate::input::{self, Path};
use crate::moment::Moment;

/// A person who may sign in.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ListedUser {
    name: String,
    role: &'static str,
    created: Moment,
    /// null until a password was chosen.
    password_changed: Option<Moment>,
    last_sign_in: Option<Moment>,
}

/// Users.
#[derive(Serialize, JsonSchema)]
pub(crate) struct UserList {
    /// By name.
    users: Vec<ListedUser>,
}

/// A user to make.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// 1 to 64 letters, digits and . _ @ + -
    #[schemars(length(min = 1, max = 64))]
    name: String,
    role: WantedRole,
}

/// A user that was made, and the link with which the person chooses a password.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MadeUser {
    user: ListedUser,
    link: UserLink,
}

/// What to change.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChange {
    role: WantedRole,
}

impl From<User> for ListedUser {
    fn from(user: User) -> Self {
        Self {
            name: user.name,
            role: user.role.as_str(),
            created: user.created.into(),
            password_changed: user.password_changed.map(Moment::from),
            last_sign_in: user.last_sign_in.map(Moment::from),
        }
    }
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_users",
    tag: "people",
    summary: "List users",
    answers: &[Answer::json::<UserList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    Person(caller): Person,
) -> Result<Json<UserList>, ApiError> {
    let users = door.deps.identity.users(caller.account).await?;
    let users = users.into_iter().map(ListedUser::from).collect();
    Ok(Json(UserList { users }))
}

/// How it is described.
pub(crate) const ONE: Operation = Operation {
    id: "get_user",
    tag: "people",
    summary: "A user",
    path: &[("name", "User name")],
    answers: &[Answer::json::<ListedUser>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn one(
    State(door): State<Arc<Door>>,
    Person(caller): Person,
    Path(name): Path<String>,
) -> Result<Json<ListedUser>, ApiError> {
    let user = door.deps.identity.user(caller.account, &name).await?;
    Ok(Json(user.into()))
}

/// How it is described.
pub(crate) const CREATE: Operation = Operation {
    id: "create_user",
    tag: "people",
    summary: "Make a user",
    description: "The answer has a link, once, with which the person chooses a password within 24 hours.",
    body: Some(wanted::<NewUser>),
    answers: &[Answer::json::<MadeUser>(201, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn create(
    State(door): State<Arc<Door>>,
    Person(caller): Person,
    input::Json(wanted): input::Json<NewUser>,
) -> Result<(StatusCode, Json<MadeUser>), ApiError> {
    let (identity, name) = (&door.deps.identity, wanted.name.as_str());
    let role = wanted.role.into();
    identity.create_user(caller.account, name, role).await?;
    let token = identity.make_password_link(caller.account, name).await?;
    door.done(&caller, format!("user {name} made, role {}", role.as_str()));
    let made = MadeUser {
        user: identity.user(caller.account, name).await?.into(),
        link: UserLink::new(&token),
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// How it is described.
pub(crate) const CHANGE: Operation = Operation {
    id: "change_user",
    tag: "people",
    summary: "Change a user's role",
    path: &[("name", "User name")],
    body: Some(wanted::<UserChange>),
    answers: &[Answer::json::<ListedUser>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn change(
    State(door): State<Arc<Door>>,
    Person(caller): Person,
    Path(name): Path<String>,
    input::Json(wanted): input::Json<UserChange>,
) -> Result<Json<ListedUser>, ApiError> {
    let (identity, role) = (&door.deps.identity, wanted.role.into());
    identity.set_user_role(caller.account, &name, role).await?;
    door.done(
        &caller,
        format!("user {name} has role {} now", role.as_str()),
    );
    Ok(Json(identity.user(caller.account, &name).await?.into()))
}

/// How it is described.
pub(crate) const DELETE: Operation = Operation {
    id: "delete_user",
    tag: "people",
    summary: "Delete a user, and sign out everywhere",
    path: &[("name", "User name")],
    answers: &[Answer::empty(204, "Deleted")],
    ..Operation::PLAIN
};

pub(crate) async fn delete(
    State(door): State<Arc<Door>>,
    Person(caller): Person,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    door.deps
        .identity
        .delete_user(caller.account, &name)
        .await?;
    door.done(&caller, format!("user {name} deleted"));
    Ok(StatusCode::NO_CONTENT)
}

/// How it is described.
pub(crate) const LINK: Operation = Operation {
    id: "reset_user",
    tag: "people",
    summary: "Make a link with which a user chooses a new password",
    path: &[("name", "User name")],
    answers: &[Answer::json::<UserLink>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn link(
    State(door): State<Arc<Door>>,
    Person(caller): Person,
    Path(name): Path<String>,
) -> Result<Json<UserLink>, ApiError> {
    let identity = &door.deps.identity;
    let token = identity.make_password_link(caller.account, &name).await?;
    door.done(&caller, format!("password link made for user {name}"));
    Ok(Json(UserLink::new(&token)))
}
