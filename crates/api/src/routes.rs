// SPDX-License-Identifier: Apache-2.0
//! Routes that describe themselves: one call adds the route and its description, so that neither
//! is there without the other.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, on};

use crate::auth::Door;
use crate::described::Operation;

/// A route's method, path and description.
pub(crate) struct Described {
    pub method: &'static str,
    pub path: &'static str,
    pub operation: Operation,
}

/// Routes, and what they say of themselves.
#[derive(Default)]
pub(crate) struct Routes {
    pub router: Router<Arc<Door>>,
    pub described: Vec<Described>,
}

macro_rules! method {
    ($name:ident, $text:literal, $filter:ident) => {
        /// Adds a route of this method.
        pub(crate) fn $name<H, T>(
            self,
            path: &'static str,
            handler: H,
            operation: Operation,
        ) -> Self
        where
            H: Handler<T, Arc<Door>>,
            T: 'static,
        {
            self.add($text, MethodFilter::$filter, path, handler, operation)
        }
    };
}

impl Routes {
    method!(get, "get", GET);
    method!(post, "post", POST);
    method!(put, "put", PUT);
    method!(patch, "patch", PATCH);
    method!(delete, "delete", DELETE);

    fn add<H, T>(
        mut self,
        method: &'static str,
        filter: MethodFilter,
        path: &'static str,
        handler: H,
        operation: Operation,
    ) -> Self
    where
        H: Handler<T, Arc<Door>>,
        T: 'static,
    {
        self.router = self.router.route(path, on(filter, handler));
        self.described.push(Described {
            method,
            path,
            operation,
        });
        self
    }
}
