// SPDX-License-Identifier: Apache-2.0
//! What must become of a client's wills: each of its connections has one of its own.
//!
//! A connection that ends without DISCONNECT has its will published, by the server or by its next
//! run, unless the client is back first; one that said DISCONNECT never has.

/// How the server puts off what is due: its wheel turns by quarters of a second.
const LATE_MILLIS: u64 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Its connection is open, or was when its client last looked.
    Open {
        connack: bool,
        since: u64,
    },
    /// Its connection is gone, and it is certainly published at that time.
    Due {
        earliest: u64,
        latest: u64,
    },
    /// Published, if that ticket is on disk.
    Published(u64),
    /// Its client said DISCONNECT, or is back: it is void, if that ticket is on disk.
    Void(u64),
    MustCome,
    MustNotCome,
    MayCome,
}

#[derive(Debug)]
struct Will {
    number: u32,
    fate: Fate,
}

/// The time, and what is on disk.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    pub millis: u64,
    /// The ticket of the batch that is being filled.
    pub ticket: u64,
}

#[derive(Debug)]
pub struct Wills {
    /// How long after the end of its connection each is published.
    pub delay_millis: u64,
    list: Vec<Will>,
}

impl Wills {
    /// Of a client that asks for that delay.
    pub fn after(delay_millis: u64) -> Self {
        Self {
            delay_millis,
            list: Vec::new(),
        }
    }

    /// The client connects again: says the number of the will that it has from now on. `takes_over`:
    /// its last connection is there.
    pub fn connects(&mut self, now: Moment, takes_over: bool) -> u32 {
        if let Some(last) = self.list.last_mut() {
            last.fate = match last.fate {
                // Its session goes on: nobody is gone.
                Fate::Open { .. } if takes_over => Fate::Void(now.ticket),
                Fate::Open { connack: false, .. } => Fate::MayCome,
                Fate::Open { .. } if self.delay_millis == 0 => Fate::Published(now.ticket),
                Fate::Open { since, .. } if now.millis < since + self.delay_millis => {
                    Fate::Void(now.ticket)
                }
                Fate::Due { earliest, .. } if now.millis < earliest => Fate::Void(now.ticket),
                Fate::Open { .. } | Fate::Due { .. } => Fate::MayCome,
                other => other,
            };
        }
        let number = self.list.len() as u32 + 1;
        let fate = Fate::Open {
            connack: false,
            since: now.millis,
        };
        self.list.push(Will { number, fate });
        number
    }

    fn last(&mut self) -> Option<&mut Fate> {
        self.list.last_mut().map(|will| &mut will.fate)
    }

    /// The client was told that it is connected.
    pub fn connected(&mut self, now: Moment) {
        if let Some(fate @ Fate::Open { .. }) = self.last() {
            *fate = Fate::Open {
                connack: true,
                since: now.millis,
            };
        }
    }

    /// The connection is gone, or the client sees that now.
    pub fn lost(&mut self, now: Moment) {
        let delay_millis = self.delay_millis;
        let Some(fate @ Fate::Open { .. }) = self.last() else {
            return;
        };
        let Fate::Open { connack, since } = *fate else {
            return;
        };
        *fate = match (connack, delay_millis) {
            (false, _) => Fate::MayCome,
            (true, 0) => Fate::Published(now.ticket),
            (true, delay) => Fate::Due {
                earliest: since + delay,
                latest: now.millis + delay + LATE_MILLIS,
            },
        };
    }

    /// The client says that it goes, and the server reads that.
    pub fn said_goodbye(&mut self, now: Moment) {
        if let Some(fate @ Fate::Open { connack: true, .. }) = self.last() {
            *fate = Fate::Void(now.ticket);
        }
    }

    /// The server looks at the time.
    pub fn tick(&mut self, now: Moment) {
        for will in &mut self.list {
            if let Fate::Due { latest, .. } = will.fate
                && latest <= now.millis
            {
                will.fate = Fate::Published(now.ticket);
            }
        }
    }

    /// All up to that ticket is on disk, or it is full.
    pub fn durable(&mut self, upto: u64, full: bool) {
        for will in &mut self.list {
            will.fate = match will.fate {
                Fate::Published(ticket) | Fate::Void(ticket) if ticket <= upto && full => {
                    Fate::MayCome
                }
                Fate::Published(ticket) if ticket <= upto => Fate::MustCome,
                Fate::Void(ticket) if ticket <= upto => Fate::MustNotCome,
                other => other,
            };
        }
    }

    /// The server is killed, and the next run gives the client that long to come back. `is_live`: it
    /// had its connection until then.
    pub fn crash(&mut self, now: Moment, grace_millis: u64, is_live: bool) {
        let latest = now.millis + grace_millis.max(self.delay_millis) + LATE_MILLIS;
        let count = self.list.len();
        for (at, will) in self.list.iter_mut().enumerate() {
            let is_last = at + 1 == count;
            // Whether it may have been published before.
            let not_yet = match will.fate {
                Fate::MustCome | Fate::MustNotCome | Fate::MayCome => continue,
                Fate::Open { connack: true, .. } => is_live,
                Fate::Due { earliest, .. } => now.millis < earliest,
                Fate::Published(_) => false,
                Fate::Open { .. } | Fate::Void(_) => {
                    will.fate = Fate::MayCome;
                    continue;
                }
            };
            let earliest = if not_yet {
                now.millis + grace_millis
            } else {
                0
            };
            will.fate = match is_last {
                true => Fate::Due { earliest, latest },
                false => Fate::MayCome,
            };
        }
    }

    /// Those that must have come, and those that must not.
    pub fn verdicts(&self) -> impl Iterator<Item = (u32, bool)> {
        self.list.iter().filter_map(|will| match will.fate {
            Fate::MustCome => Some((will.number, true)),
            Fate::MustNotCome | Fate::Open { .. } => Some((will.number, false)),
            _ => None,
        })
    }
}
