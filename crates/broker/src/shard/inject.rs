// SPDX-License-Identifier: Apache-2.0
//! Messages that come by no connection enter, and those who wait are told when they are durable.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hw_kernel::{IngestError, Submission};
use hw_mqtt::{PacketType, Place, Properties, Qos};
use hw_session::{Injected, KeepFailure, Now, Ticket};
use tokio::sync::oneshot;

use super::ShardState;
use crate::host::auth::Auth;
use crate::ingest::{Injection, Taken};
use crate::lane::Lane;

/// Who waits for which group commit; tickets never fall.
pub(super) type Waiting = VecDeque<(Ticket, oneshot::Sender<Taken>)>;

impl ShardState {
    /// Takes in all that wait.
    pub(super) fn take_injections(&mut self, lane: &Lane, now: Now) {
        let injections = std::mem::take(&mut *lane.injections.lock());
        for Injection { submission, done } in injections {
            let taken = catch_unwind(AssertUnwindSafe(|| self.inject(&submission, now)));
            let taken = taken.unwrap_or_else(|_| {
                tracing::error!("a message made the broker panic and is dropped");
                Err(IngestError::Invalid("internal error".into()))
            });
            match taken {
                Ok(Some(ticket)) if submission.wait => self.injected.push_back((ticket, done)),
                // Who is not there any more need not be told.
                taken => drop(done.send(taken.map(|_| ()))),
            }
        }
    }

    /// Tells those who wait for a group commit.
    pub(super) fn tell_injected(&mut self, ticket: Ticket, failure: Option<KeepFailure>) {
        while self
            .injected
            .front()
            .is_some_and(|(wanted, _)| *wanted <= ticket)
        {
            let Some((_, done)) = self.injected.pop_front() else {
                return;
            };
            let taken = match failure {
                None => Ok(()),
                Some(failure) => Err(IngestError::NotStored(failure.cause().to_owned())),
            };
            drop(done.send(taken));
        }
    }

    fn inject(&mut self, submission: &Submission, now: Now) -> Result<Option<Ticket>, IngestError> {
        hw_model::topic::check_name(&submission.topic)
            .map_err(|error| IngestError::Invalid(error.to_string()))?;
        let properties =
            Properties::check(Place::Packet(PacketType::Publish), &submission.properties)
                .map_err(|error| IngestError::Invalid(error.to_string()))?;
        let mut auth = Auth::new(
            submission.principal.clone(),
            "".into(),
            submission.address,
            submission.server_name.clone(),
        );
        let account = submission.principal.account;
        self.host.resolve(&mut auth);
        let message = Injected {
            topic: &submission.topic,
            payload: &submission.payload,
            properties,
            qos: match submission.wait {
                true => Qos::AtLeastOnce,
                false => Qos::AtMostOnce,
            },
            retain: submission.retain,
        };
        let (machine, host) = (&mut self.machine, &mut self.host);
        machine
            .inject(host, now, account, &mut auth, &message)
            .map_err(IngestError::Denied)
    }
}
