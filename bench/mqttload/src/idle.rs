// SPDX-License-Identifier: Apache-2.0
//! e: many idle connections, one subscription each; then, with `--large N`, each sends itself a
//! message of N bytes and is idle again.
use crate::world::{St, World};
use crate::{codec, procfs, sys, Args};

const MS: u64 = 1_000_000;
/// Large messages on their way at a time.
const LARGE_WINDOW: u64 = 50;
/// Memory is at rest when it has not fallen for so long; waited for at most REST_MAX.
const REST: u64 = 3_000 * MS;
const REST_MAX: u64 = 20_000 * MS;

fn topic(i: usize) -> String {
    format!("bench/idle/{i}/cmd")
}

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
            w.open(a, format!("ml{tag}i{i}"), Some(topic(i)), None, 0);
        }
        w.turn(100 * MS, false);
        if sys::now() - t0 > 120_000 * MS {
            eprintln!("gave up after 120 s");
            break;
        }
    }
    let t1 = sys::now();
    let (u1, y1) = procfs::cpu(a.pid);
    let rss1 = rest(a, &mut w, REST);
    let (_, hwm1) = procfs::rss(a.pid);
    let (u2, y2) = procfs::cpu(a.pid);
    let s2 = sys::now();
    while sys::now() - s2 < 3000 * MS {
        w.turn(100 * MS, false);
    }
    let (u3, y3) = procfs::cpu(a.pid);
    let n = w.ready;
    let dt = (t1 - t0) as f64 / 1e9;
    let each = |rss: u64| (rss as f64 - rss0 as f64) * 1024.0 / n as f64;
    let after = if a.large > 0 { large(a, &mut w) } else { 0 };
    println!(
        "{{\"label\":\"{}\",\"scen\":\"e\",\"tls\":{},\"n\":{},\"ready\":{},\"dead\":{},\"connect_s\":{:.2},\"connects_s\":{:.0},\"cpu_ms_per_connect\":{:.4},\"rss0_kb\":{},\"rss_kb\":{},\"hwm_kb\":{},\"rss_per_conn_b\":{:.0},\"large\":{},\"rss_large_kb\":{},\"rss_large_per_conn_b\":{:.0},\"idle_cores\":{:.4}}}",
        a.label, a.tls, a.n, n, w.dead, dt, n as f64 / dt, (u1 - u0 + y1 - y0) * 1e3 / n as f64,
        rss0, rss1, hwm1, each(rss1), a.large, after, if after > 0 { each(after) } else { 0.0 },
        (u3 - u2 + y3 - y2) / 3.0
    );
    w.close();
}

/// Every connection sends itself one large message; the broker's memory when that is over.
fn large(a: &Args, w: &mut World) -> u64 {
    (w.qos, w.only_count) = (1, true);
    let began = sys::now();
    let mut next = 0;
    let (recv0, total) = (w.recv, w.c.len());
    while (next < total || w.recv - recv0 < w.sent || w.acked < w.sent) && w.dead == 0 {
        while next < total && w.sent - (w.recv - recv0) < LARGE_WINDOW {
            if w.c[next].st == St::Ready {
                let payload = vec![b'x'; a.large];
                w.c[next].tpl = Some(codec::publish_template(&topic(next), 1, &payload));
                w.push_publish(next, sys::now());
                w.c[next].tpl = None;
                w.touch(next);
            }
            next += 1;
        }
        w.turn(100 * MS, false);
        if sys::now() - began > 120_000 * MS {
            eprintln!("large messages: gave up after 120 s");
            break;
        }
    }
    rest(a, w, REST_MAX)
}

/// Waits until memory has not fallen for a while, at most `max`; the least that was seen.
fn rest(a: &Args, w: &mut World, max: u64) -> u64 {
    let began = sys::now();
    let (mut least, mut since) = (procfs::rss(a.pid).0, began);
    while sys::now() - since < REST && sys::now() - began < max {
        w.turn(100 * MS, false);
        let rss = procfs::rss(a.pid).0;
        if rss + 64 < least {
            (least, since) = (rss, sys::now());
        }
    }
    least.min(procfs::rss(a.pid).0)
}
