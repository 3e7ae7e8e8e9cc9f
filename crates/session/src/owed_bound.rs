// SPDX-License-Identifier: Apache-2.0
//! What all sessions of a shard are owed together: each is bounded by itself, but ten thousand of them
//! would fill the memory that the others need.
//!
//! From three quarters of it on, a session is owed no more than its share, so that one that is owed
//! little still gets all.

use std::time::Duration;

use crate::message::Message;
use crate::{Happening, Host, Now, Shard};

/// They are counted that often; it takes a look at each session.
const COUNTED_EVERY: Duration = Duration::from_secs(1);

/// How many messages a session may be owed now.
#[derive(Debug)]
pub(crate) struct OwedBound {
    each: usize,
    /// What each may have is less than its own limit, since all together are owed too many.
    is_share: bool,
    counted: Duration,
}

impl OwedBound {
    pub(crate) fn of(each: usize) -> Self {
        Self {
            each,
            is_share: false,
            counted: Duration::ZERO,
        }
    }

    /// How many.
    #[inline]
    pub(crate) fn each(&self) -> usize {
        self.each
    }

    /// A session has no room for that message, and had before.
    #[cold]
    pub(crate) fn overflows(&self, message: &Message<'_>) -> Happening {
        let max = self.each;
        let why = match self.is_share {
            true => ", its share of what all sessions may be owed",
            false => "",
        };
        let cause = format!(
            "the session is owed {max} messages already{why}: newer ones are dropped until its client \
             has acknowledged some"
        );
        Happening {
            kind: "session",
            outcome: "dropped",
            cause: cause.into(),
            topic: Some(message.topic.to_owned()),
            trace: Some(message.trace),
            count: 1,
        }
    }
}

impl<H: Host> Shard<H> {
    /// Counts what all sessions are owed, if it is time.
    pub(crate) fn count_owed(&mut self, now: Now) {
        let sessions = self.sessions.len();
        let is_due = now.monotonic.saturating_sub(self.owed_bound.counted) >= COUNTED_EVERY;
        if !is_due || sessions == 0 {
            return;
        }
        let limits = &self.settings.limits;
        let shards = usize::from(self.settings.shards).max(1);
        let of_all = limits.all_sessions_messages_max / shards;
        let share = (of_all / sessions).max(1);
        let each = limits.session_messages_max;
        let is_share = share < each && self.owed_messages() >= of_all / 4 * 3;
        self.owed_bound = OwedBound {
            each: if is_share { share } else { each },
            is_share,
            counted: now.monotonic,
        };
    }
}
