// SPDX-License-Identifier: Apache-2.0
//! One thread of a door: its own poll, the half-open connections it has accepted, their deadlines.

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hw_broker::linger::Lingering;
use hw_kernel::Event;
use hw_model::AccountId;
use hw_session::pace::Pace;
use mio::{Events, Interest, Poll, Token, Waker};

use super::guest::{Desk, Guest};
use super::listener::{ACCEPT_PAUSE, Accepted, accept};
use super::turns::accepts_per_turn_max;
use super::{DoorDeps, DoorSettings, Security};
use crate::http_door::DoorStream;
use crate::introduce::refuse::Ending;
use crate::introduce::{self, Arrival, Who};
use crate::tls::{SharedAtHand, mqtt_config};

const LISTENER: Token = Token(0);
const WAKER: Token = Token(1);
const BUFFER_BYTES: usize = 32 << 10;
/// How long a refused peer gets to read why.
const LINGER_SPAN: Duration = Duration::from_secs(1);
const LINGERING_MAX: usize = 512;

/// A door thread before it runs.
pub struct DoorThread {
    poll: Poll,
    waker: Arc<Waker>,
    listener: mio::net::TcpListener,
    desk: Desk,
    /// By order of arrival, and so of deadline.
    guests: BTreeMap<usize, Guest>,
    next_token: usize,
    lingering: Lingering,
    /// Where those go that an authorizer must be asked about.
    waiting: Arc<introduce::Desk>,
    /// Somebody may wait in the backlog; not before that moment.
    accept_from: Option<Duration>,
    /// How fast connections have come.
    pace: Pace,
    /// It was said that no connection can be had now.
    is_full: bool,
    stop: Arc<AtomicBool>,
}

impl DoorThread {
    /// Prepares one.
    pub fn new(
        listener: std::net::TcpListener,
        security: &Security,
        settings: DoorSettings,
        deps: DoorDeps,
        stop: Arc<AtomicBool>,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut listener = mio::net::TcpListener::from_std(listener);
        poll.registry()
            .register(&mut listener, LISTENER, Interest::READABLE)?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let at_hand = SharedAtHand::default();
        let tls = match security {
            Security::Plain => None,
            Security::Tls(identity) => {
                let (admission, clock) = (deps.admission.clone(), deps.clock.clone());
                let (open, passwords) = (deps.clone(), settings.passwords);
                let open = Arc::new(move || open.authorizers(passwords).is_some());
                let config = mqtt_config(identity, admission, open, clock, at_hand.clone());
                Some(Arc::new(config.map_err(io::Error::other)?))
            }
        };
        let buffer = vec![0; BUFFER_BYTES].into_boxed_slice();
        let random = deps.random();
        let waiting = introduce::Desk::new(deps.clone(), settings.clone());
        Ok(Self {
            poll,
            waker,
            listener,
            desk: Desk {
                settings,
                deps,
                tls,
                at_hand,
                random,
                buffer,
            },
            guests: BTreeMap::new(),
            next_token: 2,
            lingering: Lingering::new(LINGER_SPAN, LINGERING_MAX),
            waiting: Arc::new(waiting),
            accept_from: Some(Duration::ZERO),
            pace: Pace::default(),
            is_full: false,
            stop,
        })
    }

    /// Wakes it, so that it sees `stop`.
    pub fn waker(&self) -> Arc<Waker> {
        self.waker.clone()
    }

    /// Works until it is stopped.
    pub fn run(mut self) {
        let mut events = Events::with_capacity(256);
        while !self.stop.load(Ordering::SeqCst) {
            let timeout = self.timeout(self.now());
            match self.poll.poll(&mut events, timeout) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    tracing::error!(%error, "a door thread can't wait for events: the server ends");
                    // Its clients would hang for ever: better a restart that everybody sees.
                    std::process::abort();
                }
                _ => {}
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept_from = self.accept_from.or(Some(Duration::ZERO)),
                    WAKER => {}
                    Token(token) => self.advance(token),
                }
            }
            let now = self.now();
            self.accept(now, accepts_per_turn_max(events.iter().count()));
            self.expire(now);
            self.lingering.sweep(now);
        }
    }

    fn now(&self) -> Duration {
        self.desk.deps.clock.monotonic()
    }

    fn timeout(&self, now: Duration) -> Option<Duration> {
        let oldest = self
            .guests
            .first_key_value()
            .map(|(_, guest)| guest.deadline);
        let next = [oldest, self.accept_from, self.lingering.next()]
            .into_iter()
            .flatten()
            .min();
        // A millisecond more, or a deadline is waited for in many turns of zero.
        next.map(|at| at.saturating_sub(now))
            .map(|span| match span {
                Duration::ZERO => span,
                span => span + Duration::from_millis(1),
            })
    }

    fn accept(&mut self, now: Duration, count_max: usize) {
        if self.accept_from.is_none_or(|from| from > now) {
            return;
        }
        for _ in 0..count_max {
            // Who waits, waits in the kernel's backlog, in the order of arrival.
            let (mut pace, per_second) = (self.pace, self.desk.settings.accepts_per_second_max);
            if !pace.take(now, per_second) {
                self.accept_from = Some(now + Duration::from_secs(1) / per_second);
                return;
            }
            match accept(&self.listener) {
                Accepted::Guest(socket, peer) => {
                    self.is_full = false;
                    self.pace = pace;
                    let deadline = now + self.desk.settings.handshake_deadline;
                    let is_proxy = self.desk.settings.proxies.contains(peer.ip());
                    self.welcome(Guest::new(socket, peer, deadline, is_proxy));
                }
                Accepted::Gone => {}
                Accepted::Nobody => {
                    self.accept_from = None;
                    return;
                }
                Accepted::Full(error) => {
                    self.accept_from = Some(now + ACCEPT_PAUSE);
                    return self.note_full(&error);
                }
            }
        }
    }

    fn note_full(&mut self, error: &io::Error) {
        if !std::mem::replace(&mut self.is_full, true) {
            tracing::warn!(%error, "connections can't be accepted now; trying again until they can");
            let cause = format!("connections can't be accepted: {error}");
            let event = Event::new(AccountId::FIRST, "connect", "refused", cause);
            self.desk.deps.events.emit(event);
        }
    }

    fn welcome(&mut self, mut guest: Guest) {
        let token = self.next_token;
        self.next_token += 1;
        let both = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = self
            .poll
            .registry()
            .register(&mut guest.socket, Token(token), both)
        {
            tracing::warn!(%error, "a connection can't be watched and is dropped");
            return;
        }
        self.guests.insert(token, guest);
        if self.guests.len() > self.desk.settings.handshakes_open_max
            && let Some((_, oldest)) = self.guests.pop_first()
        {
            let open_max = self.desk.settings.handshakes_open_max;
            let cause = format!("more than {open_max} handshakes open: the oldest was dropped");
            self.end(oldest, Ending::because(cause));
        }
    }

    fn advance(&mut self, token: usize) {
        let Some(guest) = self.guests.get_mut(&token) else {
            return;
        };
        let desk = &mut self.desk;
        // Whatever a stranger sends may end its own connection and no other.
        let step = catch_unwind(AssertUnwindSafe(|| guest.advance(desk)));
        let step = step.unwrap_or_else(|_| {
            tracing::error!("a connection made its door panic and is closed");
            Err(Ending::because("internal error"))
        });
        if matches!(step, Ok(None)) {
            return;
        }
        let Some(mut guest) = self.guests.remove(&token) else {
            return;
        };
        let hello = match step {
            Ok(Some(hello)) => hello,
            Ok(None) => return,
            Err(ending) => return self.end(guest, ending),
        };
        let peer = guest.peer;
        if let Err(error) = self.poll.registry().deregister(&mut guest.socket) {
            tracing::warn!(%error, "a connection can't be handed over");
            return;
        }
        if guest.principal().is_none() {
            return self.ask_authorizer(guest);
        }
        let client_id = hello.client_id.clone();
        match guest.hand_over(hello, &self.desk) {
            Ok(handover) => self.desk.deps.broker.adopt(handover),
            Err(mut ending) => {
                ending.client_id = client_id;
                self.note(&ending, peer);
            }
        }
    }

    fn ask_authorizer(&self, guest: Guest) {
        let Some(authorizing) = &self.desk.deps.authorizing else {
            return self.note(&Ending::because("nobody was admitted"), guest.peer);
        };
        let (waiting, (parts, peer)) = (self.waiting.clone(), guest.take_apart());
        authorizing.runtime.spawn(async move {
            match DoorStream::from_parts(parts) {
                Ok(stream) => {
                    let arrival = Arrival {
                        stream,
                        websocket: None,
                        opened: Vec::new(),
                        peer,
                        who: Who::Unknown,
                        http: None,
                    };
                    waiting.introduce(arrival).await;
                }
                Err(error) => tracing::warn!(%error, "a connection can't be watched"),
            }
        });
    }

    fn expire(&mut self, now: Duration) {
        while self
            .guests
            .first_key_value()
            .is_some_and(|(_, guest)| guest.deadline <= now)
        {
            let Some((_, guest)) = self.guests.pop_first() else {
                return;
            };
            let seconds = self.desk.settings.handshake_deadline.as_secs();
            self.end(
                guest,
                Ending::because(format!("no whole CONNECT within {seconds} s")),
            );
        }
    }

    fn end(&mut self, mut guest: Guest, mut ending: Ending) {
        if let (Some(refusal), Some(principal)) = (&mut ending.refusal, guest.principal()) {
            refusal.account.get_or_insert(principal.account);
            refusal
                .principal
                .get_or_insert_with(|| principal.id.to_string());
        }
        self.note(&ending, guest.peer);
        if ending.closed_by_peer {
            return;
        }
        guest.farewell(&ending.answer);
        if self.poll.registry().deregister(&mut guest.socket).is_ok() {
            let now = self.now();
            self.lingering.push(now, guest.socket.into());
        }
    }

    fn note(&self, ending: &Ending, peer: std::net::SocketAddr) {
        if let Some(event) = ending.event(peer) {
            self.desk.deps.events.emit(event);
        }
    }
}
