// SPDX-License-Identifier: Apache-2.0
//! The connections of a scenario, each with its window, in one epoll loop.
use crate::payload::{Form, Stamp};
use crate::wire::Wire;
use crate::{codec, hist::Hist, sys, sys::Io, Args};
use std::sync::Arc;

#[derive(PartialEq, Clone, Copy, Debug)]
pub enum St {
    Connecting,
    Subscribing,
    Ready,
    Dead,
}

pub struct Conn {
    wire: Wire,
    pub st: St,
    left: Vec<u8>, // an incomplete packet carried over to the next read
    pub out: Vec<u8>,
    armed: bool, // EPOLLOUT asked for
    dirty: bool,
    pub topic: Option<String>, // subscribe to this
    pub tpl: Option<codec::Template>,
    pub id: u32,
    pub seq: u32,
    pub pid: u16,
    pub unacked: usize,
    pub undelivered: usize,
    times: std::collections::VecDeque<u64>, // send times of unacked ones (only when nobody listens)
}

pub struct World {
    pub ep: sys::Epoll,
    pub c: Vec<Conn>,
    pub nsub: usize,
    pub qos: u8,
    pub window: usize,
    pub dirty: Vec<usize>,
    pub sent: u64,
    pub recv: u64,
    pub acked: u64,
    pub ready: usize,
    pub dead: usize,
    pub disorder: u64,
    pub last: Vec<u32>, // last number seen, per (1:1 or fan-in) publisher
    pub one_to_many: bool,
    pub hist: Hist,
    pub buf: Vec<u8>,
    pub subqos: u8,
    pub form: Form,
    /// Topics that each publisher goes through.
    pub topics: u8,
    tls: Option<Arc<rustls::ClientConfig>>,
    /// Only counts messages, which carry no stamp.
    pub only_count: bool,
    pub last_progress: u64,
}

impl World {
    pub fn new(a: &Args) -> Self {
        World {
            ep: sys::Epoll::new(),
            c: vec![],
            nsub: a.subs,
            qos: a.qos,
            window: a.window,
            dirty: vec![],
            sent: 0,
            recv: 0,
            acked: 0,
            ready: 0,
            dead: 0,
            disorder: 0,
            last: vec![0; a.pubs],
            one_to_many: a.pubs == 1 && a.subs > 1,
            hist: Hist::new(),
            buf: vec![0; 512 * 1024],
            subqos: a.qos,
            form: a.form,
            topics: match a.scen.as_bytes().first() {
                Some(b'a' | b'd') => a.topics,
                _ => 1,
            },
            tls: a
                .tls
                .then(|| crate::wire::tls_config(&a.ca, &a.cert, &a.key)),
            only_count: false,
            last_progress: 0,
        }
    }

    pub fn open(
        &mut self,
        a: &Args,
        name: String,
        topic: Option<String>,
        tpl: Option<codec::Template>,
        id: u32,
    ) {
        let i = self.c.len();
        let fd = sys::connect(&a.addr, i);
        self.c.push(Conn {
            wire: Wire::new(fd, self.tls.as_ref()),
            st: St::Connecting,
            left: vec![],
            out: codec::connect(&name, 300),
            armed: true,
            dirty: false,
            topic,
            tpl,
            id,
            seq: 0,
            pid: 0,
            unacked: 0,
            undelivered: 0,
            times: Default::default(),
        });
        self.ep.set(libc::EPOLL_CTL_ADD, fd, i as u64, true);
    }

    pub fn touch(&mut self, i: usize) {
        if !self.c[i].dirty {
            self.c[i].dirty = true;
            self.dirty.push(i);
        }
    }

    pub fn flush(&mut self, i: usize) {
        let c = &mut self.c[i];
        if c.st == St::Dead {
            return;
        }
        let mut done = 0;
        while done < c.out.len() {
            match c.wire.write(&c.out[done..]) {
                Io::Bytes(n) => done += n,
                Io::Again => break,
                Io::Closed => {
                    self.kill(i);
                    return;
                }
            }
        }
        c.out.drain(..done);
        if c.out.is_empty() && c.wire.pending() {
            if let Io::Closed = c.wire.send() {
                self.kill(i);
                return;
            }
        }
        let want = !c.out.is_empty() || c.wire.pending();
        if want != c.armed {
            c.armed = want;
            let fd = c.wire.fd;
            self.ep.set(libc::EPOLL_CTL_MOD, fd, i as u64, want);
        }
    }

    pub fn kill(&mut self, i: usize) {
        let c = &mut self.c[i];
        if c.st != St::Dead {
            c.st = St::Dead;
            self.dead += 1;
            c.wire.close();
        }
    }

    fn readable(&mut self, i: usize) {
        if self.c[i].st == St::Dead {
            return;
        }
        let mut buf = std::mem::take(&mut self.buf);
        let k = self.c[i].left.len();
        buf[..k].copy_from_slice(&self.c[i].left);
        match self.c[i].wire.read(&mut buf[k..]) {
            Io::Bytes(n) => {
                if n == 0 || self.c[i].wire.pending() {
                    self.touch(i); // TLS has moved: what waited for it can go
                }
                let t = sys::now();
                let mut at = 0;
                let end = k + n;
                while let Some((h, body, len)) = codec::packet(&buf[at..end]) {
                    self.packet(i, h, &buf[at + body..at + len], t);
                    at += len;
                }
                let c = &mut self.c[i];
                c.left.clear();
                c.left.extend_from_slice(&buf[at..end]);
            }
            Io::Again => {}
            Io::Closed => self.kill(i),
        }
        self.buf = buf;
    }

    #[inline]
    fn packet(&mut self, i: usize, h: u8, b: &[u8], t: u64) {
        match h >> 4 {
            3 => {
                let tl = u16::from_be_bytes([b[0], b[1]]) as usize;
                let qos = (h >> 1) & 3;
                let mut p = 2 + tl;
                if qos > 0 {
                    let c = &mut self.c[i];
                    c.out.extend_from_slice(&[0x40, 2, b[p], b[p + 1]]);
                    p += 2;
                    self.touch(i);
                }
                if self.only_count {
                    self.recv += 1;
                    return;
                }
                let Stamp {
                    time: ts,
                    publisher,
                    number: seq,
                } = self.form.read(&b[p..]);
                let id = publisher as usize;
                self.hist.add(t.saturating_sub(ts));
                self.recv += 1;
                self.last_progress = t;
                let pc = self.nsub + id; // publishers come after subscribers
                if self.one_to_many {
                    // one publish is done when its share of deliveries is in
                    let c = &mut self.c[i];
                    if seq != c.seq + 1 {
                        self.disorder += 1;
                    }
                    c.seq = seq;
                    let out =
                        self.sent * self.nsub as u64 - self.recv.min(self.sent * self.nsub as u64);
                    let und = out.div_ceil(self.nsub as u64) as usize;
                    if self.c[pc].undelivered != und {
                        self.c[pc].undelivered = und;
                        self.touch(pc);
                    }
                } else {
                    if seq != self.last[id] + 1 {
                        self.disorder += 1;
                    }
                    self.last[id] = seq;
                    let c = &mut self.c[pc];
                    c.undelivered = c.undelivered.saturating_sub(1);
                    self.touch(pc);
                }
            }
            4 => {
                self.acked += 1;
                self.last_progress = t;
                if self.nsub == 0 {
                    // nobody listens: the time to the PUBACK stands for delivery latency
                    if let Some(s) = self.c[i].times.pop_front() {
                        self.hist.add(t.saturating_sub(s));
                    }
                }
                let c = &mut self.c[i];
                c.unacked = c.unacked.saturating_sub(1);
                self.touch(i);
            }
            2 => {
                assert!(b[1] == 0, "CONNACK refused: {}", b[1]);
                let c = &mut self.c[i];
                if let Some(t) = &c.topic {
                    c.st = St::Subscribing;
                    c.out.extend_from_slice(&codec::subscribe(t, self.subqos));
                    self.touch(i);
                } else {
                    c.st = St::Ready;
                    self.ready += 1;
                }
            }
            9 => {
                assert!(b[2] <= 2, "SUBACK refused");
                self.c[i].st = St::Ready;
                self.ready += 1;
            }
            13 => {}
            x => panic!("unexpected packet type {x}"),
        }
    }

    pub fn push_publish(&mut self, i: usize, t: u64) {
        let qos = self.qos;
        let c = &mut self.c[i];
        c.seq += 1;
        let tpl = c.tpl.as_ref().unwrap();
        let at = c.out.len();
        c.out.extend_from_slice(&tpl.bytes);
        if self.topics > 1 {
            let topic_end = if qos > 0 { tpl.pid_at } else { tpl.pay_at };
            c.out[at + topic_end - 1] = b'a' + (c.seq % u32::from(self.topics)) as u8;
        }
        if qos > 0 {
            c.pid = if c.pid == u16::MAX { 1 } else { c.pid + 1 };
            let p = c.pid.to_be_bytes();
            c.out[at + tpl.pid_at..at + tpl.pid_at + 2].copy_from_slice(&p);
            c.unacked += 1;
        }
        let stamp = Stamp {
            time: t,
            publisher: c.id,
            number: c.seq,
        };
        self.form.stamp(&mut c.out[at + tpl.pay_at..], stamp);
        if self.nsub > 0 {
            c.undelivered += 1;
        } else {
            c.times.push_back(t);
        }
        self.sent += 1;
    }

    /// one turn: wait, read, refill windows (when `go`), flush
    pub fn turn(&mut self, wait_ns: u64, go: bool) {
        let n = self.ep.wait(wait_ns);
        for k in 0..n {
            let e = self.ep.ev[k];
            let i = e.u64 as usize;
            if e.events & (libc::EPOLLIN | libc::EPOLLHUP | libc::EPOLLERR) as u32 != 0 {
                self.readable(i);
            }
            if e.events & libc::EPOLLOUT as u32 != 0 {
                self.touch(i);
            }
        }
        let mut d = std::mem::take(&mut self.dirty);
        for &i in &d {
            self.c[i].dirty = false;
            if go && self.c[i].tpl.is_some() && self.c[i].st == St::Ready {
                let used = self.c[i].unacked.max(self.c[i].undelivered);
                if used < self.window {
                    let t = sys::now();
                    for _ in used..self.window {
                        self.push_publish(i, t);
                    }
                }
            }
            if !self.c[i].out.is_empty() || self.c[i].wire.pending() {
                self.flush(i);
            }
        }
        d.clear();
        d.append(&mut self.dirty);
        self.dirty = d;
    }

    pub fn close(&mut self) {
        for c in &mut self.c {
            if c.st != St::Dead {
                c.wire.write(&codec::DISCONNECT);
                c.wire.close();
            }
        }
    }
}
