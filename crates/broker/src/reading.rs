// SPDX-License-Identifier: Apache-2.0
//! Reads owed messages for sessions that catch up: on a thread of its own, so that no shard waits
//! for a disk.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use hw_session::journal::Found;

use crate::shared::Shared;
use crate::stored::fetch;
use crate::wants::{Brought, Wanted, Wants};

/// Rest after a read that failed.
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// Works until the end.
pub fn run(shared: &Weak<Shared>, wants: &Wants) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "owed messages can't be read: sessions will not catch up");
            return;
        }
    };
    while let Some(Wanted {
        shard,
        session,
        places,
    }) = wants.next()
    {
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let found = match runtime.block_on(fetch(&*shared.log, &places)) {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(%error, "owed messages can't be read now");
                // It is asked for again; not as fast as this fails.
                wants.rest(RETRY_AFTER);
                BTreeMap::new()
            }
        };
        let found: Vec<Found> = found
            .into_iter()
            .map(|(place, owed)| Found {
                place,
                message: owed.and_then(|owed| owed.for_session(session)),
            })
            .collect();
        let lane = shared.lane(shard);
        lane.brought.lock().push(Brought { session, found });
        lane.signal();
    }
}

/// Starts the thread.
pub fn start(shared: &Arc<Shared>) -> std::io::Result<JoinHandle<()>> {
    let (weak, wants) = (Arc::downgrade(shared), shared.wants.clone());
    let named = std::thread::Builder::new().name("session-reader".to_owned());
    named.spawn(move || run(&weak, &wants))
}
