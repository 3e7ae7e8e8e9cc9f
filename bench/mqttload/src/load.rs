// SPDX-License-Identifier: Apache-2.0
//! Traffic scenarios (a, b, c, d, f) and idle connections (e).
use crate::payload::{Form, Stamp};
use crate::{codec, hist::Hist, procfs, sys, sys::Io, Args};

#[derive(PartialEq, Clone, Copy, Debug)]
enum St {
    Connecting,
    Subscribing,
    Ready,
    Dead,
}

struct Conn {
    fd: i32,
    st: St,
    left: Vec<u8>, // an incomplete packet carried over to the next read
    out: Vec<u8>,
    armed: bool, // EPOLLOUT asked for
    dirty: bool,
    topic: Option<String>, // subscribe to this
    tpl: Option<codec::Template>,
    id: u32,
    seq: u32,
    pid: u16,
    unacked: usize,
    undelivered: usize,
    times: std::collections::VecDeque<u64>, // send times of unacked ones (only when nobody listens)
}

struct World {
    ep: sys::Epoll,
    c: Vec<Conn>,
    nsub: usize,
    qos: u8,
    window: usize,
    dirty: Vec<usize>,
    sent: u64,
    recv: u64,
    acked: u64,
    ready: usize,
    dead: usize,
    disorder: u64,
    last: Vec<u32>, // last number seen, per (1:1 or fan-in) publisher
    one_to_many: bool,
    hist: Hist,
    buf: Vec<u8>,
    subqos: u8,
    form: Form,
    last_progress: u64,
}

impl World {
    fn new(a: &Args) -> Self {
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
            last_progress: 0,
        }
    }

    fn open(
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
            fd,
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

    fn touch(&mut self, i: usize) {
        if !self.c[i].dirty {
            self.c[i].dirty = true;
            self.dirty.push(i);
        }
    }

    fn flush(&mut self, i: usize) {
        let c = &mut self.c[i];
        if c.st == St::Dead {
            return;
        }
        let mut done = 0;
        while done < c.out.len() {
            match sys::write(c.fd, &c.out[done..]) {
                Io::Bytes(n) => done += n,
                Io::Again => break,
                Io::Closed => {
                    self.kill(i);
                    return;
                }
            }
        }
        c.out.drain(..done);
        let want = !c.out.is_empty();
        if want != c.armed {
            c.armed = want;
            let fd = c.fd;
            self.ep.set(libc::EPOLL_CTL_MOD, fd, i as u64, want);
        }
    }

    fn kill(&mut self, i: usize) {
        let c = &mut self.c[i];
        if c.st != St::Dead {
            c.st = St::Dead;
            self.dead += 1;
            unsafe { libc::close(c.fd) };
        }
    }

    fn readable(&mut self, i: usize) {
        if self.c[i].st == St::Dead {
            return;
        }
        let mut buf = std::mem::take(&mut self.buf);
        let k = self.c[i].left.len();
        buf[..k].copy_from_slice(&self.c[i].left);
        match sys::read(self.c[i].fd, &mut buf[k..]) {
            Io::Bytes(n) => {
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

    fn push_publish(&mut self, i: usize, t: u64) {
        let qos = self.qos;
        let c = &mut self.c[i];
        c.seq += 1;
        let tpl = c.tpl.as_ref().unwrap();
        let at = c.out.len();
        c.out.extend_from_slice(&tpl.bytes);
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
    fn turn(&mut self, wait_ns: u64, go: bool) {
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
            if !self.c[i].out.is_empty() {
                self.flush(i);
            }
        }
        d.clear();
        d.append(&mut self.dirty);
        self.dirty = d;
    }

    fn close(&mut self) {
        for c in &self.c {
            if c.st != St::Dead {
                sys::write(c.fd, &codec::DISCONNECT);
                unsafe { libc::close(c.fd) };
            }
        }
    }
}

const MS: u64 = 1_000_000;

fn topic(a: &Args, i: usize) -> String {
    match a.scen.as_bytes()[0] {
        b'b' => "bench/fanout/all".to_string(),
        b'a' => format!("bench/fanin/{i}/telemetry"),
        b'd' => format!("bench/ingest/{i}/telemetry"),
        _ => format!("bench/pair/{i}/telemetry"),
    }
}

pub fn run(a: &Args) {
    let (rss0, _) = procfs::rss(a.pid);
    let mut w = World::new(a);
    let tag = std::process::id();
    let t0 = sys::now();
    let total = a.subs + a.pubs;
    // subscribers first, at most 100 being opened at a time
    while w.ready < total {
        while w.c.len() < total
            && w.c.len() - w.ready < 100
            && (w.c.len() < a.subs || w.ready >= a.subs)
        {
            let i = w.c.len();
            if i < a.subs {
                let t = if a.scen.starts_with('a') {
                    "bench/fanin/#".into()
                } else {
                    topic(a, i)
                };
                w.open(a, format!("ml{tag}s{i}"), Some(t), None, 0);
            } else {
                let p = i - a.subs;
                let tpl = codec::publish_template(&topic(a, p), a.qos, &a.form.blank(a.payload));
                w.open(a, format!("ml{tag}p{p}"), None, Some(tpl), p as u32);
            }
        }
        w.turn(50 * MS, false);
        assert!(w.dead == 0, "connection lost while connecting");
        assert!(
            sys::now() - t0 < 30_000 * MS,
            "connecting took over 30 s ({}/{})",
            w.ready,
            total
        );
    }
    let connect_s = (sys::now() - t0) as f64 / 1e9;

    let start = sys::now();
    let m0 = start + (a.warm * 1e9) as u64;
    let m1 = m0 + (a.secs * 1e9) as u64;
    w.last_progress = start;
    let open_loop = a.rate > 0.0;
    let gap = if open_loop { (1e9 / a.rate) as u64 } else { 0 };
    let mut next = start;
    let mut rr = 0usize;
    if !open_loop {
        for i in a.subs..total {
            w.touch(i);
        }
    }
    let (mut s0, mut stalls, mut stall_lost) = (None, 0u64, 0u64);
    let mut lag = Hist::new();
    loop {
        let t = sys::now();
        if s0.is_none() && t >= m0 {
            let (u, s) = procfs::cpu(a.pid);
            s0 = Some((t, w.sent, w.recv, w.acked, u, s, procfs::self_cpu()));
            w.hist.clear();
            lag.clear();
        }
        if t >= m1 {
            break;
        }
        if open_loop {
            let mut t = sys::now();
            while next <= t {
                let i = a.subs + rr % a.pubs;
                rr += 1;
                lag.add(t - next);
                w.push_publish(i, next); // timed from when it was due
                w.flush(i);
                next += gap;
                t = sys::now();
            }
            w.turn(next.saturating_sub(sys::now()), false);
        } else {
            w.turn(100 * MS, true);
            let t = sys::now();
            if t - w.last_progress > 1000 * MS {
                // everything in flight counts as lost; open the windows again
                stalls += 1;
                for i in a.subs..total {
                    stall_lost += w.c[i].undelivered.max(w.c[i].unacked) as u64;
                    w.c[i].undelivered = 0;
                    w.c[i].unacked = 0;
                    w.touch(i);
                }
                if w.one_to_many {
                    w.recv = w.sent * a.subs as u64;
                }
                w.last_progress = t;
            }
        }
        if w.dead > 0 {
            eprintln!("warning: {} connections closed by the broker", w.dead);
            break;
        }
    }
    let t1 = sys::now();
    let (u1, y1) = procfs::cpu(a.pid);
    let g1 = procfs::self_cpu();
    let (rss1, hwm1) = procfs::rss(a.pid);
    let (t0m, sent0, recv0, ack0, u0, y0, g0) = s0.expect("warm-up not over");
    let (sent1, recv1, ack1) = (w.sent, w.recv, w.acked);
    let q = (w.hist.q(0.5), w.hist.q(0.99), w.hist.q(0.999), w.hist.max());
    // drain
    let dr = sys::now();
    let fan = if w.one_to_many { a.subs as u64 } else { 1 };
    while sys::now() - dr < 3000 * MS {
        let want = if a.subs > 0 { w.sent * fan } else { 0 };
        if w.recv >= want && (a.qos == 0 || w.acked >= w.sent) {
            break;
        }
        w.turn(50 * MS, false);
    }
    let lost = if a.subs > 0 {
        (w.sent * fan) as i64 - w.recv as i64
    } else {
        w.sent as i64 - w.acked as i64
    };
    let dt = (t1 - t0m) as f64 / 1e9;
    let done = if a.subs > 0 {
        recv1 - recv0
    } else {
        ack1 - ack0
    };
    let cpu = u1 - u0 + y1 - y0;
    let per_m = cpu / (done as f64 / 1e6);
    println!(
        "{{\"label\":\"{}\",\"scen\":\"{}\",\"qos\":{},\"pubs\":{},\"subs\":{},\"window\":{},\"payload\":{},\"form\":\"{}\",\"secs\":{:.3},\"sent_s\":{:.0},\"rate\":{:.0},\"acked_s\":{:.0},\"p50_us\":{:.1},\"p99_us\":{:.1},\"p999_us\":{:.1},\"max_us\":{:.1},\"lost\":{},\"stalls\":{},\"stall_lost\":{},\"disorder\":{},\"dead\":{},\"cpu_s_per_M\":{:.3},\"cpu_user\":{:.2},\"cpu_sys\":{:.2},\"broker_cores\":{:.2},\"gen_cores\":{:.2},\"rss0_kb\":{},\"rss_kb\":{},\"hwm_kb\":{},\"connect_s\":{:.3},\"send_lag_p99_us\":{:.1},\"sent_total\":{},\"recv_total\":{},\"acked_total\":{}}}",
        a.label, a.scen, a.qos, a.pubs, a.subs, a.window, a.payload, a.form.name(), dt,
        (sent1 - sent0) as f64 / dt, done as f64 / dt, (ack1 - ack0) as f64 / dt,
        q.0 as f64 / 1e3, q.1 as f64 / 1e3, q.2 as f64 / 1e3, q.3 as f64 / 1e3,
        lost, stalls, stall_lost, w.disorder, w.dead, per_m, u1 - u0, y1 - y0, cpu / dt, (g1 - g0) / dt,
        rss0, rss1, hwm1, connect_s, lag.q(0.99) as f64 / 1e3, w.sent, w.recv, w.acked
    );
    w.close();
}

/// e: many idle connections, one subscription each
pub fn idle(a: &Args) {
    let (rss0, _) = procfs::rss(a.pid);
    let (u0, y0) = procfs::cpu(a.pid);
    let mut w = World::new(a);
    let conc = if a.conc > 0 { a.conc } else { 100 };
    let tag = std::process::id();
    let t0 = sys::now();
    while w.ready + w.dead < a.n {
        while w.c.len() < a.n && w.c.len() - w.ready - w.dead < conc {
            let i = w.c.len();
            w.open(
                a,
                format!("ml{tag}i{i}"),
                Some(format!("bench/idle/{i}/cmd")),
                None,
                0,
            );
        }
        w.turn(100 * MS, false);
        if sys::now() - t0 > 120_000 * MS {
            eprintln!("gave up after 120 s");
            break;
        }
    }
    let t1 = sys::now();
    let (u1, y1) = procfs::cpu(a.pid);
    let settle = sys::now();
    while sys::now() - settle < 3000 * MS {
        w.turn(100 * MS, false);
    }
    let (rss1, hwm1) = procfs::rss(a.pid);
    let (u2, y2) = procfs::cpu(a.pid);
    let s2 = sys::now();
    while sys::now() - s2 < 5000 * MS {
        w.turn(100 * MS, false);
    }
    let (u3, y3) = procfs::cpu(a.pid);
    let n = w.ready.saturating_sub(0);
    let dt = (t1 - t0) as f64 / 1e9;
    println!(
        "{{\"label\":\"{}\",\"scen\":\"e\",\"n\":{},\"ready\":{},\"dead\":{},\"connect_s\":{:.2},\"connects_s\":{:.0},\"cpu_ms_per_connect\":{:.4},\"rss0_kb\":{},\"rss_kb\":{},\"hwm_kb\":{},\"rss_per_conn_b\":{:.0},\"idle_cores\":{:.4}}}",
        a.label, a.n, n, w.dead, dt, n as f64 / dt, (u1 - u0 + y1 - y0) * 1e3 / n as f64,
        rss0, rss1, hwm1, (rss1 as f64 - rss0 as f64) * 1024.0 / n as f64, (u3 - u2 + y3 - y2) / 5.0
    );
    w.close();
}
