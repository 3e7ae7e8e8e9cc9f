// SPDX-License-Identifier: Apache-2.0
//! Messages that come by no connection enter, and those who wait are told when they are durable.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hw_kernel::{IngestError, Submission};
use hw_model::TraceId;
use hw_mqtt::{PacketType, Place, Properties, Qos};
use hw_session::{Injected, KeepFailure, NotTaken, Now, Ticket};
use tokio::sync::oneshot;

use super::ShardState;
use crate::host::auth::Auth;
use crate::ingest::{Injection, Taken};
use crate::lane::Lane;

/// Who waits for which group commit; tickets never fall.
pub(super) type Waiting = VecDeque<Waiter>;

/// A message that is to be durable before its sender is told.
#[derive(Debug)]
pub(super) struct Waiter {
    ticket: Ticket,
    trace: TraceId,
    done: oneshot::Sender<Taken>,
}

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
                Ok(hw_session::Taken {
                    trace,
                    ticket: Some(ticket),
                }) if submission.wait => self.injected.push_back(Waiter {
                    ticket,
                    trace,
                    done,
                }),
                // Who is not there any more need not be told.
                taken => drop(done.send(taken.map(|taken| taken.trace))),
            }
        }
    }

    /// Tells those who wait for a group commit.
    pub(super) fn tell_injected(&mut self, ticket: Ticket, failure: Option<KeepFailure>) {
        while self
            .injected
            .front()
            .is_some_and(|first| first.ticket <= ticket)
        {
            let Some(Waiter { trace, done, .. }) = self.injected.pop_front() else {
                return;
            };
            let taken = match failure {
                None => Ok(trace),
                Some(failure) => Err(IngestError::NotStored(failure.cause().to_owned())),
            };
            drop(done.send(taken));
        }
    }

    fn inject(
        &mut self,
        submission: &Submission,
        now: Now,
    ) -> Result<hw_session::Taken, IngestError> {
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
        let taken = machine.inject(host, now, account, &mut auth, &message);
        taken.map_err(|why| match why {
            NotTaken::Invalid(why) => IngestError::Invalid(why),
            NotTaken::Denied(why) => IngestError::Denied(why),
            NotTaken::TooFast(why) => IngestError::TooFast(why),
            NotTaken::Full(why) => IngestError::NotStored(why),
        })
    }
}
