// SPDX-License-Identifier: Apache-2.0
//! People's sessions: in memory, known by a cookie.

use std::time::Duration;

use super::Caller;
use super::tokens::{NoToken, Tokens, WhenFull};
use crate::limits::SESSION_SPAN;

/// Everybody who is signed in.
pub(crate) struct Sessions(Tokens<Caller>);

impl Sessions {
    pub(crate) fn new(max: usize) -> Self {
        Self(Tokens::new(max))
    }

    /// Signs somebody in; the token is for the cookie. `None` if there are no random bytes.
    pub(crate) fn open(&self, caller: Caller, now: Duration) -> Option<String> {
        let made = self.0.make(caller, now, SESSION_SPAN, WhenFull::MakeRoom);
        made.map_err(|why| debug_assert!(why == NoToken::Random))
            .ok()
    }

    pub(crate) fn find(&self, token: &str, now: Duration) -> Option<Caller> {
        self.0.get(token, now)
    }

    /// Signs out.
    pub(crate) fn close(&self, token: &str, now: Duration) {
        self.0.take(token, now);
    }
}
