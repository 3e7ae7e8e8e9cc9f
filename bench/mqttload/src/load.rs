// SPDX-License-Identifier: Apache-2.0
//! Traffic scenarios: a, b, c, d and f.
use crate::world::World;
use crate::{codec, hist::Hist, procfs, sys, Args};

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
        "{{\"label\":\"{}\",\"scen\":\"{}\",\"tls\":{},\"qos\":{},\"pubs\":{},\"subs\":{},\"window\":{},\"payload\":{},\"form\":\"{}\",\"secs\":{:.3},\"sent_s\":{:.0},\"rate\":{:.0},\"acked_s\":{:.0},\"p50_us\":{:.1},\"p99_us\":{:.1},\"p999_us\":{:.1},\"max_us\":{:.1},\"lost\":{},\"stalls\":{},\"stall_lost\":{},\"disorder\":{},\"dead\":{},\"cpu_s_per_M\":{:.3},\"cpu_user\":{:.2},\"cpu_sys\":{:.2},\"broker_cores\":{:.2},\"gen_cores\":{:.2},\"rss0_kb\":{},\"rss_kb\":{},\"hwm_kb\":{},\"connect_s\":{:.3},\"send_lag_p99_us\":{:.1},\"sent_total\":{},\"recv_total\":{},\"acked_total\":{}}}",
        a.label, a.scen, a.tls, a.qos, a.pubs, a.subs, a.window, a.payload, a.form.name(), dt,
        (sent1 - sent0) as f64 / dt, done as f64 / dt, (ack1 - ack0) as f64 / dt,
        q.0 as f64 / 1e3, q.1 as f64 / 1e3, q.2 as f64 / 1e3, q.3 as f64 / 1e3,
        lost, stalls, stall_lost, w.disorder, w.dead, per_m, u1 - u0, y1 - y0, cpu / dt, (g1 - g0) / dt,
        rss0, rss1, hwm1, connect_s, lag.q(0.99) as f64 / 1e3, w.sent, w.recv, w.acked
    );
    w.close();
}
