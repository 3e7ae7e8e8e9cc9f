// SPDX-License-Identifier: Apache-2.0
//! Where owed messages stand: the Log answers the shard that took a message in, and that tells the
//! shards of the sessions that are owed it.

use std::collections::VecDeque;

use hw_model::TraceId;

use crate::forward::Settled;
use crate::journal::{Keeping, Recipient};
use crate::owed::Settling;
use crate::{Appended, Host, Now, Shard, Subscriber, Ticket};

/// A message that sessions are owed, and that the Log has not answered for.
#[derive(Debug)]
pub(crate) struct Placing {
    appended: Appended,
    trace: TraceId,
    /// Home shard and number of each session.
    sessions: Box<[(u16, u64)]>,
    /// The session of this shard that it came from at QoS 2, and its packet id there.
    received: Option<(u64, u16)>,
}

/// Those of a shard, in order of their tickets. What the Log has not answered is bounded, so they
/// are.
pub(crate) type Placings = VecDeque<Placing>;

/// The sessions among the receivers that must not miss a message of that QoS, each once.
pub(crate) fn recipients(found: &[Subscriber], qos: u8, retain: bool, out: &mut Vec<Recipient>) {
    out.clear();
    if qos == 0 {
        return;
    }
    for target in found {
        let Some(session) = target.session().filter(|_| target.qos > 0) else {
            continue;
        };
        let qos = qos.min(target.qos);
        let retain = retain && crate::flags::retain_as_published(target.flags);
        let known = out.iter_mut().find(|it| it.session == session);
        let recipient = match known {
            Some(known) => known,
            None => {
                out.push(Recipient {
                    session,
                    qos,
                    retain,
                    subscription_ids: Vec::new(),
                });
                out.last_mut().expect("it was just put in")
            }
        };
        recipient.qos = recipient.qos.max(qos);
        recipient.retain |= retain;
        if target.subscription_id != 0 {
            recipient.subscription_ids.push(target.subscription_id);
        }
    }
}

impl<H: Host> Shard<H> {
    /// Remembers whom to tell.
    pub(crate) fn await_place(
        &mut self,
        appended: Appended,
        trace: TraceId,
        keeping: &Keeping<'_>,
        found: &[Subscriber],
    ) {
        let home = |session: u64| {
            let is_it = |target: &&Subscriber| target.session() == Some(session);
            found.iter().find(is_it).map(|target| target.shard)
        };
        let sessions = keeping
            .owed
            .iter()
            .filter_map(|it| Some((home(it.session)?, it.session)))
            .collect();
        self.placings.push_back(Placing {
            appended,
            trace,
            sessions,
            received: keeping.received,
        });
    }

    /// The same for a message that one session of this shard is owed alone.
    pub(crate) fn await_place_of(&mut self, appended: Appended, trace: TraceId, session: u64) {
        self.placings.push_back(Placing {
            appended,
            trace,
            sessions: Box::new([(self.settings.shard, session)]),
            received: None,
        });
    }

    /// The group commit of a message of QoS 2 that came from a session, if the Log has not answered
    /// for it.
    pub(crate) fn receiving(&self, session: u64, packet_id: u16) -> Option<Ticket> {
        let is_it = |it: &&Placing| it.received == Some((session, packet_id));
        let found = self.placings.iter().find(is_it);
        found.map(|placing| placing.appended.ticket)
    }

    /// The Log has what was given to it up to that ticket, from `base` on, or nothing of it.
    pub(crate) fn place(&mut self, host: &mut H, now: Now, upto: Ticket, base: Option<u64>) {
        while let Some(placing) = self
            .placings
            .pop_front_if(|first| first.appended.ticket <= upto)
        {
            if let (None, Some((session, id))) = (base, placing.received)
                && let Some(exactly) = self.exactly(session)
            {
                // It may come again, and is then a new one.
                exactly.let_go(id);
                self.is_unwritten(now, session);
            }
            let place = base.map(|base| base + placing.appended.spot);
            for (shard, session) in &placing.sessions {
                let settled = Settled {
                    session: *session,
                    trace: placing.trace,
                    place,
                };
                if *shard == self.settings.shard {
                    self.settle(host, now, settled);
                } else if let Some(batch) = self.outbox().get_mut(usize::from(*shard)) {
                    batch.settle(settled);
                }
            }
        }
    }

    /// The Log's answer for a message that a session of this shard is owed.
    pub(crate) fn settle(&mut self, host: &mut H, now: Now, settled: Settled) {
        let Settled {
            session,
            trace,
            place,
        } = settled;
        let Some(outgoing) = self.outgoing(session) else {
            return;
        };
        match outgoing.settle(trace, place) {
            Settling::Owed => self.pump_session(host, now, session),
            Settling::Void(id) => {
                if let Some(inflight) = self.inflight(session) {
                    inflight.release(id);
                }
                self.pump_session(host, now, session);
            }
            Settling::Done | Settling::Unknown => {
                if let Some(origin) = place {
                    self.consumed(host, now, session, origin);
                }
            }
        }
    }
}
