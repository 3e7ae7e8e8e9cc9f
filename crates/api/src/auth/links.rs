// SPDX-License-Identifier: Apache-2.0
//! One-time links: a path of this site, and the session that opening it begins.

use std::time::Duration;

use hw_identity::api_keys::Role;
use hw_model::{AccountId, ErrorKind};

use super::tokens::{NoToken, Tokens};
use crate::error::ApiError;
use crate::limits::{LINK_PATH_BYTES_MAX, LINK_SPAN};

/// An absolute path of this site, with its query: never another host, whatever a browser makes of
/// its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkPath(String);

impl LinkPath {
    /// Refuses what a browser could read as another host (`//host`, `/\host`), and what it would
    /// strip before it reads (control characters).
    pub(crate) fn parse(path: &str) -> Result<Self, ApiError> {
        let wrong = |rule: &str| Err(ApiError::invalid(format!("`path` must {rule}")));
        if path.len() > LINK_PATH_BYTES_MAX {
            return wrong(&format!("have at most {LINK_PATH_BYTES_MAX} bytes"));
        }
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) || path.contains('\\') {
            return wrong(
                "be printable ASCII without spaces and backslashes (use percent-encoding)",
            );
        }
        if !path.starts_with('/') || path.starts_with("//") {
            return wrong("be a path of this site, as in /things/NAME");
        }
        Ok(Self(path.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a link opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub path: LinkPath,
    /// Whoever opens it is signed in to this account …
    pub account: AccountId,
    /// … and may do this.
    pub role: Role,
}

/// Links that nobody has opened yet.
pub(crate) struct Links(Tokens<Link>);

impl Links {
    pub(crate) fn new(max: usize) -> Self {
        Self(Tokens::new(max))
    }

    /// Makes one; the token stands behind `/open/`.
    pub(crate) fn make(&self, link: Link, now: Duration) -> Result<String, ApiError> {
        let made = self.0.make(link, now, LINK_SPAN);
        made.map_err(|why| match why {
            NoToken::Random => ApiError::internal(&"no random bytes"),
            NoToken::Full => {
                let message = "too many links are waiting to be opened (links_max); \
                               each is void after 15 minutes";
                ApiError::new(ErrorKind::Limit, message)
            }
        })
    }

    /// Opens one, once.
    pub(crate) fn take(&self, token: &str, now: Duration) -> Option<Link> {
        self.0.take(token, now)
    }
}
