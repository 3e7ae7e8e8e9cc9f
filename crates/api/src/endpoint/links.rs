// SPDX-License-Identifier: Apache-2.0
//! `POST /api/v1/links`: a link that signs its first opener in and shows a page of this site.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hw_model::ErrorKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::keys::WantedRole;
use crate::auth::{Admin, Door, Link, LinkPath, Who};
use crate::described::{Answer, Operation, wanted};
use crate::error::ApiError;
use crate::input;
use crate::limits::LINK_SPAN;

/// A link to make.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLink {
    /// A path of this site, as in `/things/NAME`.
    #[schemars(regex(pattern = r"^/([!-.0-\[\]-~][!-\[\]-~]*)?$"))]
    path: String,
    /// What its opener may do. The page needs to read, so that is what a lost link gives away.
    #[serde(default = "read")]
    role: WantedRole,
}

/// A link that was made.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MadeLink {
    /// Path behind the address of this site.
    path: String,
    valid_seconds: u64,
}

fn read() -> WantedRole {
    WantedRole::Read
}

/// How it is described.
pub(crate) const CREATE: Operation = Operation {
    id: "create_link",
    tag: "people",
    summary: "Make a link that opens a page of this site once, without a key",
    body: Some(wanted::<NewLink>),
    answers: &[Answer::json::<MadeLink>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn create(
    State(door): State<Arc<Door>>,
    Admin(admin): Admin,
    input::Json(wanted): input::Json<NewLink>,
) -> Result<Json<MadeLink>, ApiError> {
    if admin.who == Who::Link {
        let message = "a one-time link makes no others: sign in, or use a key";
        return Err(ApiError::new(ErrorKind::Denied, message));
    }
    let link = Link {
        path: LinkPath::parse(&wanted.path)?,
        account: admin.account,
        role: wanted.role.into(),
    };
    let token = door.deps.state.links.make(link, door.now())?;
    Ok(Json(MadeLink {
        path: format!("/open/{token}"),
        valid_seconds: LINK_SPAN.as_secs(),
    }))
}
