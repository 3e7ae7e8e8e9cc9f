// SPDX-License-Identifier: Apache-2.0
//! The router of a door: the API, the console behind the doors that have one, and what is around them.

use std::sync::Arc;

use axum::Router;
use axum::middleware::map_response;
use axum::routing::get;

use crate::auth::{Access, Door};
use crate::deps::ApiDeps;
use crate::document;
use crate::endpoint::{api, lost, open};
use crate::headers;
use crate::routes::Routes;

/// The people's face behind one door. All doors share `deps`. The admin socket has the API alone;
/// the console is behind the others.
pub fn router(deps: Arc<ApiDeps>, access: Access) -> Router {
    let Routes { router, described } = api();
    let people = Router::new().route("/open/{token}", get(open::open));
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
