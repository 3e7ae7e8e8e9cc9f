// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/units`: what units metrics have. All of an account's are one list, which is read and sent
//! whole.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hw_boards::{Kind, New};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::auth::{Admin, Caller, Door};
use crate::described::{Answer, Operation, wanted};
use crate::error::ApiError;
use crate::input;
use crate::units::{ID, UnitOf, kept, read, settle};

/// The units of metrics.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnitList {
    /// Counts changes, from 1; 0 before the first. A change names the version that was read.
    version: i64,
    /// By type and metric, those for all things first.
    #[schemars(length(max = 2000))]
    units: Vec<UnitOf>,
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "get_units",
    tag: "boards",
    summary: "What units metrics have",
    answers: &[Answer::json::<UnitList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
) -> Result<Json<UnitList>, ApiError> {
    let (units, version) = kept(&door, caller.account).await?;
    Ok(Json(UnitList { version, units }))
}

/// How it is described.
pub(crate) const CHANGE: Operation = Operation {
    id: "change_units",
    tag: "boards",
    summary: "Say what units metrics have",
    description: "Takes what `GET` gives, and puts it in the place of all that was said before. `version` is the one that was read; 409 if somebody else has changed it meanwhile.",
    body: Some(wanted::<UnitList>),
    answers: &[Answer::json::<UnitList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn change(
    State(door): State<Arc<Door>>,
    Admin(caller): Admin,
    input::Json(mut wanted): input::Json<UnitList>,
) -> Result<Json<UnitList>, ApiError> {
    settle(&mut wanted.units)?;
    let body = serde_json::to_string(&wanted.units).map_err(|error| ApiError::internal(&error))?;
    let new = New {
        id: ID,
        title: ID,
        body: &body,
        by: &caller.name(),
    };
    let (boards, account) = (&door.deps.boards, caller.account);
    let done = match wanted.version {
        0 => boards.create(account, Kind::Units, &new).await?,
        version => boards.replace(account, Kind::Units, &new, version).await?,
    };
    let (units, version) = read(&done)?;
    Ok(Json(UnitList { version, units }))
}
