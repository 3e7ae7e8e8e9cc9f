// SPDX-License-Identifier: Apache-2.0
//! A session as others see it: its number, what it runs, and how it is told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use hw_model::AccountId;
use tokio::sync::Notify;

use super::SharedSettings;
use crate::activity::{Activity, Begun, Who};

/// What a session is known by.
#[derive(Debug)]
pub(crate) struct Backend {
    account: AccountId,
    pid: AtomicI32,
    settings: SharedSettings,
    activity: Arc<Activity>,
    /// Tells the statement that runs; with none running, nobody hears it.
    pub cancel: Arc<Notify>,
}

impl Backend {
    pub(crate) fn new(
        account: AccountId,
        settings: SharedSettings,
        activity: Arc<Activity>,
    ) -> Arc<Self> {
        Arc::new(Self {
            account,
            pid: activity.number().into(),
            settings,
            activity,
            cancel: Arc::default(),
        })
    }

    /// Its number.
    pub(crate) fn pid(&self) -> i32 {
        self.pid.load(Ordering::Relaxed)
    }

    /// Gives it the number that its client knows.
    pub(crate) fn set_pid(&self, pid: i32) {
        self.pid.store(pid, Ordering::Relaxed);
    }

    /// A statement begins.
    pub(crate) fn begin(&self, text: Arc<str>) -> Begun {
        let settings = self.settings.read();
        let of = |name| {
            settings
                .show(name)
                .map(|(_, value)| value)
                .unwrap_or_default()
        };
        let who = Who {
            account: self.account,
            pid: self.pid(),
            user: of("session_authorization"),
            application: of("application_name"),
            cancel: &self.cancel,
        };
        self.activity.begin(who, text)
    }

    /// Ends what another session of the account runs; whether anything did.
    pub(crate) fn cancel(&self, pid: i32) -> bool {
        self.activity.cancel(self.account, pid)
    }
}
