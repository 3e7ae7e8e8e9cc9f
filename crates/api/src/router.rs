// SPDX-License-Identifier: Apache-2.0
//! The router: a line for each endpoint.

use std::sync::Arc;

use axum::Router;
use axum::middleware::map_response;
use axum::routing::{get, post};

use crate::auth::{Access, Door};
use crate::deps::ApiDeps;
use crate::endpoint::{
    explain, flush, keys, links, lost, open, page, session, sql, status, stream,
};
use crate::headers;

/// The people's face behind one door. All doors share `deps`. The admin socket has the API alone;
/// the page and what browsers need around it are behind the others.
pub fn router(deps: Arc<ApiDeps>, access: Access) -> Router {
    let api = Router::new()
        .route("/api/v1/sql", post(sql::answer))
        .route("/api/v1/stream", get(stream::watch))
        .route("/api/v1/explain", get(explain::explain))
        .route("/api/v1/lake/flush", post(flush::flush))
        .route("/api/v1/keys", post(keys::create))
        .route("/api/v1/links", post(links::create))
        .route("/api/v1/status", get(status::status));
    let people = Router::new()
        .route("/open/{token}", get(open::open))
        .route("/session", post(session::begin).delete(session::end))
        .route("/", get(page::page))
        .route("/things/{name}", get(page::page))
        .route("/topic", get(page::page))
        .route("/page/{file}", get(page::file));
    let routes = match access {
        Access::Keys { .. } => api.merge(people),
        Access::LocalAdmin(_) => api,
    };
    routes
        .fallback(lost::path)
        .method_not_allowed_fallback(lost::method)
        .layer(map_response(headers::guard))
        .with_state(Arc::new(Door { deps, access }))
}
