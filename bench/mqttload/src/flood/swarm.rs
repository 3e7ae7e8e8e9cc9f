// SPDX-License-Identifier: Apache-2.0
//! Peers that follow scripts, in one epoll loop. Who is closed comes back and begins anew.
use crate::sys::{self, Io};
use crate::wire::{tls_config, Wire};
use crate::{codec, Args};
use std::rc::Rc;
use std::sync::Arc;

pub enum Step {
    Send(Rc<[u8]>),
    /// Reads on until a packet of this type is there; a CONNACK that refuses ends the connection.
    Await(u8),
    /// Reads on until there are bytes, which must begin so.
    AwaitText(&'static [u8]),
    /// One byte every so many nanoseconds.
    Drip(Rc<[u8]>, u64),
    /// Sends this as fast as the socket takes it, for ever.
    Fill(Rc<[u8]>),
    /// The peer has done what it came for, see [`Swarm::marked`].
    Mark,
    Goto(usize),
    /// Reads and forgets, until the other side closes.
    Idle,
    /// The same for so many nanoseconds, then closes by itself.
    Linger(u64),
    /// Reads this much every tick, for ever.
    Trickle(usize),
    /// Reads nothing any more.
    Deaf,
}

/// Gives the script of a peer's next life: number of the peer, number of the life.
pub type Script = Box<dyn Fn(usize, u32) -> Rc<[Step]>>;

pub struct Plan {
    pub peers: usize,
    /// Nanoseconds before a closed peer comes back.
    pub pause: u64,
    /// Most TCP connects under way at a time.
    pub opening_max: usize,
    /// Ends after so many lives of all peers together; 0 is never.
    pub lives_max: u64,
    pub script: Script,
}

#[derive(Default)]
pub struct Count {
    pub opened: u64,
    /// CONNACKs and upgrades that said yes.
    pub accepted: u64,
    pub refused: u64,
    /// Closed by the other side.
    pub closed: u64,
    /// Closed from here because the other side did not.
    pub gave_up: u64,
    pub steps: u64,
    pub sent: u64,
    pub read: u64,
}

struct Peer {
    wire: Option<Wire>,
    script: Rc<[Step]>,
    at: usize,
    life: u32,
    due: u64,
    dripped: usize,
    connected: bool,
    marked: bool,
    left: Vec<u8>,
    out: Vec<u8>,
    armed: (bool, bool),
}

pub struct Swarm {
    pub plan: Plan,
    pub count: Count,
    address: std::net::SocketAddr,
    tls: Option<Arc<rustls::ClientConfig>>,
    epoll: sys::Epoll,
    peers: Vec<Peer>,
    waiting: std::collections::VecDeque<usize>,
    opening: usize,
    ended: u64,
    ticked: u64,
    marked: usize,
    /// When the last peer came to its mark.
    pub marked_at: u64,
    buf: Vec<u8>,
}

/// How often drips, trickles and returns are looked at.
const TICK: u64 = 50_000_000;
const OUT_BYTES_MAX: usize = 256 << 10;
/// Blocks that one peer sends before others have their turn.
const FILLS_PER_TURN: usize = 4;

impl Swarm {
    pub fn new(a: &Args, plan: Plan) -> Self {
        let peer = |_| Peer {
            wire: None,
            script: Rc::new([]),
            at: 0,
            life: 0,
            due: 0,
            dripped: 0,
            connected: false,
            marked: false,
            left: vec![],
            out: vec![],
            armed: (false, false),
        };
        Swarm {
            address: a.addr,
            tls: a.tls.then(|| tls_config(&a.ca, &a.cert, &a.key)),
            epoll: sys::Epoll::new(),
            peers: (0..plan.peers).map(peer).collect(),
            waiting: (0..plan.peers).collect(),
            count: Count::default(),
            opening: 0,
            ended: 0,
            ticked: 0,
            marked: 0,
            marked_at: 0,
            buf: vec![0; 512 << 10],
            plan,
        }
    }

    /// How many are connected, or about to be.
    pub fn open(&self) -> usize {
        self.peers.iter().filter(|p| p.wire.is_some()).count()
    }

    /// How many of those that are connected have come to their mark.
    pub fn marked(&self) -> usize {
        self.marked
    }

    /// How many connections have ended so far.
    pub fn ended(&self) -> u64 {
        self.ended
    }

    pub fn has_work(&self) -> bool {
        self.plan.lives_max == 0 || self.ended < self.plan.lives_max
    }

    /// Waits for at most `wait` nanoseconds and does what there is to do.
    pub fn turn(&mut self, wait: u64) {
        self.open_waiting();
        let n = self.epoll.wait(wait);
        for k in 0..n {
            let event = self.epoll.ev[k];
            let i = event.u64 as usize;
            let bits = event.events as i32;
            if !self.peers[i].connected {
                self.peers[i].connected = true;
                // Not before: keys are dear, and a server that is down refuses thousands a second.
                if let (Some(tls), true) = (&self.tls, bits & libc::EPOLLERR == 0) {
                    let wire = self.peers[i].wire.as_mut();
                    wire.expect("it is connected").start_tls(tls);
                }
                self.opening -= 1;
            }
            if bits & (libc::EPOLLIN | libc::EPOLLHUP | libc::EPOLLERR) != 0 {
                let gone = bits & (libc::EPOLLHUP | libc::EPOLLERR) != 0;
                self.readable(i, 0, gone);
            }
            self.advance(i);
        }
        if sys::now() - self.ticked >= TICK {
            self.tick();
        }
    }

    fn open_waiting(&mut self) {
        let now = sys::now();
        for _ in 0..self.waiting.len() {
            let lives = self.count.opened;
            if self.opening >= self.plan.opening_max
                || (self.plan.lives_max > 0 && lives >= self.plan.lives_max)
            {
                return;
            }
            let i = self.waiting.pop_front().unwrap();
            if self.peers[i].due > now {
                self.waiting.push_back(i);
                continue;
            }
            let fd = sys::connect(&self.address, i + self.count.opened as usize);
            self.epoll
                .arm(libc::EPOLL_CTL_ADD, fd, i as u64, true, true);
            let p = &mut self.peers[i];
            p.script = (self.plan.script)(i, p.life);
            p.wire = Some(Wire::new(fd, None));
            p.armed = (true, true);
            (p.at, p.due, p.dripped, p.connected) = (0, 0, 0, false);
            self.opening += 1;
            self.count.opened += 1;
        }
    }

    fn tick(&mut self) {
        self.ticked = sys::now();
        for i in 0..self.peers.len() {
            let p = &self.peers[i];
            if !p.connected || p.wire.is_none() {
                continue;
            }
            match p.script.get(p.at) {
                Some(&Step::Trickle(bytes)) => self.readable(i, bytes, false),
                Some(Step::Drip(..) | Step::Linger(_)) => self.advance(i),
                _ => {}
            }
        }
    }

    /// Takes what is there, at most `limit` bytes if that is not 0.
    fn readable(&mut self, i: usize, limit: usize, gone: bool) {
        let p = &mut self.peers[i];
        let Some(wire) = &mut p.wire else { return };
        let end = if limit == 0 { self.buf.len() } else { limit };
        match wire.read(&mut self.buf[..end]) {
            Io::Bytes(n) => {
                self.count.read += n as u64;
                self.take(i, n);
            }
            Io::Again if gone => self.end(i),
            Io::Again => {}
            Io::Closed => {
                self.count.closed += 1;
                self.end(i);
            }
        }
    }

    fn take(&mut self, i: usize, n: usize) {
        let p = &mut self.peers[i];
        match p.script.get(p.at) {
            Some(Step::Await(_)) => p.left.extend_from_slice(&self.buf[..n]),
            Some(Step::AwaitText(text)) if n > 0 => {
                if self.buf[..n].starts_with(text) {
                    p.at += 1;
                    self.count.accepted += 1;
                } else {
                    self.count.refused += 1;
                    self.end(i);
                }
                return;
            }
            _ => return,
        }
        let mut at = 0;
        let mut refused = false;
        while let Some(Step::Await(kind)) = p.script.get(p.at) {
            let Some((first, body, len)) = codec::packet(&p.left[at..]) else {
                break;
            };
            if first >> 4 == 2 {
                refused = p.left.get(at + body + 1) != Some(&0);
                self.count.accepted += u64::from(!refused);
            }
            p.at += usize::from(first >> 4 == *kind);
            at += len;
        }
        p.left.drain(..at);
        if refused {
            self.count.refused += 1;
            self.end(i);
        }
    }

    /// Does the steps that need no waiting.
    fn advance(&mut self, i: usize) {
        let mut fills = 0;
        loop {
            if !self.flush(i) {
                return;
            }
            let p = &mut self.peers[i];
            let full = !p.out.is_empty();
            match p.script.get(p.at) {
                _ if full => break,
                Some(Step::Send(bytes)) => {
                    p.out.extend_from_slice(bytes);
                    p.at += 1;
                }
                Some(Step::Fill(block)) if fills < FILLS_PER_TURN => {
                    while p.out.len() + block.len() <= OUT_BYTES_MAX {
                        p.out.extend_from_slice(block);
                    }
                    fills += 1;
                }
                Some(Step::Drip(bytes, every)) => {
                    let now = sys::now();
                    if now < p.due {
                        break;
                    }
                    p.out.push(bytes[p.dripped]);
                    (p.due, p.dripped) = (now + every, p.dripped + 1);
                    if p.dripped == bytes.len() {
                        (p.at, p.dripped, p.due) = (p.at + 1, 0, 0);
                    }
                }
                Some(Step::Mark) => {
                    p.at += 1;
                    p.marked = true;
                    self.marked += 1;
                    self.marked_at = sys::now();
                }
                Some(&Step::Goto(at)) => p.at = at,
                Some(&Step::Linger(span)) => {
                    let now = sys::now();
                    if p.due == 0 {
                        p.due = now + span;
                    } else if now >= p.due {
                        self.count.gave_up += 1;
                        self.end(i);
                        return;
                    }
                    break;
                }
                _ => break,
            }
            self.count.steps += 1;
        }
        self.rearm(i);
    }

    /// False if the connection is over.
    fn flush(&mut self, i: usize) -> bool {
        let p = &mut self.peers[i];
        let Some(wire) = &mut p.wire else {
            return false;
        };
        let mut done = 0;
        let mut closed = false;
        while done < p.out.len() {
            match wire.write(&p.out[done..]) {
                Io::Bytes(n) => done += n,
                Io::Again => break,
                Io::Closed => {
                    closed = true;
                    break;
                }
            }
        }
        p.out.drain(..done);
        if wire.pending() {
            closed |= matches!(wire.send(), Io::Closed);
        }
        self.count.sent += done as u64;
        if closed {
            self.count.closed += 1;
            self.end(i);
        }
        !closed
    }

    fn rearm(&mut self, i: usize) {
        let p = &mut self.peers[i];
        let Some(wire) = &p.wire else { return };
        let step = p.script.get(p.at);
        let reads = !matches!(step, Some(Step::Deaf | Step::Trickle(_)));
        let writes = !p.out.is_empty() || wire.pending() || matches!(step, Some(Step::Fill(_)));
        if p.armed != (reads, writes) {
            p.armed = (reads, writes);
            self.epoll
                .arm(libc::EPOLL_CTL_MOD, wire.fd, i as u64, reads, writes);
        }
    }

    fn end(&mut self, i: usize) {
        let p = &mut self.peers[i];
        let Some(mut wire) = p.wire.take() else {
            return;
        };
        wire.reset();
        if !p.connected {
            self.opening -= 1;
        }
        if p.marked {
            p.marked = false;
            self.marked -= 1;
        }
        p.left = vec![];
        p.out = vec![];
        p.life += 1;
        // Between half and one and a half of it, so that peers do not march in step.
        let spread = 500 + (i as u64).wrapping_mul(7919) % 1000;
        p.due = sys::now() + self.plan.pause / 1000 * spread;
        self.ended += 1;
        self.waiting.push_back(i);
    }
}
