// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/session`: signs in, tells who is signed in, signs out.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::{header, request::Parts};
use hw_identity::sessions::SessionOwner;
use hw_model::{AccountId, ErrorKind, Secret};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::auth::{Caller, Door, Who, address};
use crate::described::{Answer, Operation, wanted};
use crate::error::ApiError;
use crate::input;
use crate::moment::Moment;

/// A name and a password, or an API key.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    /// User name.
    name: Option<String>,
    #[schemars(with = "Option<String>")]
    password: Option<Secret>,
    /// The user's account: twelve digits; the first account if it is left out.
    account: Option<String>,
    /// An API key, instead of name and password.
    #[schemars(with = "Option<String>")]
    api_key: Option<Secret>,
}

/// Who calls.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Identity {
    /// Twelve digits, as in ARNs.
    account: String,
    /// `admin` or `read`.
    role: &'static str,
    /// How the caller is known: `user`, `key`, `link` or `admin socket`.
    kind: &'static str,
    /// User name or key id.
    name: String,
    /// When the session ends at the latest; null for keys.
    ends: Option<Moment>,
    /// Whether it runs the server: accounts are managed by those who do.
    operator: bool,
}

impl From<&Caller> for Identity {
    fn from(caller: &Caller) -> Self {
        Self {
            account: caller.account.to_string(),
            role: caller.role.as_str(),
            kind: match caller.who {
                Who::User(_) => "user",
                Who::Key { .. } => "key",
                Who::Link => "link",
                Who::Socket => "admin socket",
            },
            name: caller.name(),
            ends: caller.session.as_ref().map(|session| session.ends.into()),
            operator: caller.runs_server(),
        }
    }
}

/// How it is described.
pub(crate) const WHO: Operation = Operation {
    id: "get_session",
    tag: "people",
    summary: "Who the key or session belongs to",
    answers: &[Answer::json::<Identity>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn who(caller: Caller) -> Json<Identity> {
    Json((&caller).into())
}

/// How it is described.
pub(crate) const BEGIN: Operation = Operation {
    id: "sign_in",
    tag: "people",
    summary: "Sign in",
    description: "For pages of this site: the answer sets the session cookie. Programs send an API key with each request instead. After failures the next tries have to wait (429).",
    open: true,
    body: Some(wanted::<Credentials>),
    answers: &[Answer::json::<Identity>(
        200,
        "Signed in; `Set-Cookie` has the session",
    )],
    ..Operation::PLAIN
};

pub(crate) async fn begin(
    State(door): State<Arc<Door>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    own_page(&door, &parts)?;
    let request = Request::from_parts(parts.clone(), body);
    let input::Json(credentials) = input::Json::<Credentials>::from_request(request, &door).await?;
    let (account, owner) = prove(&door, &parts, credentials).await?;
    open(&door, &parts, account, owner).await
}

/// Begins a session and tells whose.
pub(super) async fn open(
    door: &Door,
    parts: &Parts,
    account: AccountId,
    owner: SessionOwner,
) -> Result<Response, ApiError> {
    // A page that signs in again leaves no old session behind.
    door.sign_out(parts).await?;
    let role = hw_identity::api_keys::Role::Read;
    let cookie = door.sign_in(parts, account, &owner, role).await?;
    let mut signed_in = parts.clone();
    let pair = cookie.to_str().unwrap_or_default();
    let pair = pair.split(';').next().unwrap_or_default();
    let pair = http::HeaderValue::try_from(pair).map_err(|error| ApiError::internal(&error))?;
    signed_in.headers.insert(header::COOKIE, pair);
    let caller = door.session(&signed_in).await?;
    let caller = caller.ok_or_else(|| ApiError::internal(&"a fresh session is not there"))?;
    let body = Json(Identity::from(&caller));
    Ok(([(header::SET_COOKIE, cookie)], body).into_response())
}

async fn prove(
    door: &Door,
    parts: &Parts,
    credentials: Credentials,
) -> Result<(AccountId, SessionOwner), ApiError> {
    let Credentials {
        name,
        password,
        account,
        api_key,
    } = credentials;
    match (name, password, api_key) {
        (None, None, Some(key)) if account.is_none() => {
            let caller = door.key(parts, key.expose().trim()).await?;
            let owner = caller.owner();
            let owner = owner.ok_or_else(|| ApiError::internal(&"a key without an owner"))?;
            Ok((caller.account, owner))
        }
        (Some(name), Some(password), None) => {
            let account = match account {
                None => AccountId::FIRST,
                Some(text) => {
                    let wrong = |bad: hw_model::account::BadAccountId| {
                        ApiError::invalid(format!("`account`: {bad}"))
                    };
                    text.parse().map_err(wrong)?
                }
            };
            let (identity, address) = (&door.deps.identity, address(parts));
            let checked =
                identity.check_password(account, &name, password.expose(), address.as_deref());
            if let Err(error) = checked.await {
                // The name may be a password typed into the wrong field.
                door.refused(parts, None, &format!("sign-in: {error}"));
                return Err(error.into());
            }
            identity.signed_in(account, &name).await;
            Ok((account, SessionOwner::User(name)))
        }
        _ => Err(ApiError::invalid(
            "send `name` and `password` (and `account`, if it is not the first), or `api_key`",
        )),
    }
}

/// How it is described.
pub(crate) const END: Operation = Operation {
    id: "sign_out",
    tag: "people",
    summary: "Sign out",
    open: true,
    answers: &[Answer::empty(204, "Signed out, or nobody was")],
    ..Operation::PLAIN
};

pub(crate) async fn end(
    State(door): State<Arc<Door>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    own_page(&door, &parts)?;
    let cookie = door.sign_out(&parts).await?;
    let cookie = AppendHeaders(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok((http::StatusCode::NO_CONTENT, cookie).into_response())
}

/// Only our own page may do it, so that no other page signs people in as somebody else.
pub(super) fn own_page(door: &Door, parts: &Parts) -> Result<(), ApiError> {
    door.own_page(parts).map_err(|why| {
        door.refused(parts, None, why);
        ApiError::new(ErrorKind::Denied, why)
    })
}
