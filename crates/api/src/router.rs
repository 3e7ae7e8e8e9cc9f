// SPDX-License-Identifier: Apache-2.0
//! The router of a door: the API, the page behind the doors that have one, and what is around them.

use std::sync::Arc;

use axum::Router;
use axum::middleware::map_response;
use axum::routing::get;

use crate::auth::{Access, Door};
use crate::deps::ApiDeps;
use crate::document;
use crate::endpoint::{api, lost, open, page};
use crate::headers;
use crate::routes::Routes;

/// The people's face behind one door. All doors share `deps`. The admin socket has the API alone;
/// the page and what browsers need around it are behind the others.
pub fn router(deps: Arc<ApiDeps>, access: Access) -> Router {
    let Routes { router, described } = api();
    let people = Router::new()
        .route("/open/{token}", get(open::open))
        .route("/setup", get(page::setup))
        .route("/", get(page::page))
        .route("/things/{name}", get(page::page))
        .route("/topic", get(page::page))
        .route("/page/{file}", get(page::file));
    let routes = match access {
        Access::Keys { .. } => router.merge(people),
        Access::LocalAdmin(_) => router,
    };
    let document = document::of(&described).into();
    routes
        .fallback(lost::path)
        .method_not_allowed_fallback(lost::method)
        .layer(map_response(headers::guard))
        .with_state(Arc::new(Door {
            deps,
            access,
            document,
        }))
}
