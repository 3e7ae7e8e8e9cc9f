// SPDX-License-Identifier: Apache-2.0
//! e: many idle connections, one subscription each; then, with `--large N`, each sends itself a
//! message of N bytes and is idle again.
use crate::world::{St, World};
use crate::{codec, procfs, sys, Args};

const MS: u64 = 1_000_000;
/// Large messages on their way at a time.
const LARGE_WINDOW: u64 = 50;
/// Memory is at rest when it has not fallen for so long; waited for at most REST_MAX.
const REST: u64 = 7_000 * MS;
const REST_MAX: u64 = 20_000 * MS;

fn topic(i: usize) -> String {
    format!("bench/idle/{i}/cmd")
}

/// A quarter of them comes first, and has had its large message: what a start and a burst leave in
/// the broker's heap is used or given back by then, and does not hide what the others take.
pub fn idle(a: &Args) {
    let (rss0, _) = procfs::rss(a.pid);
    let mut w = World::new(a);
    let first = a.n / 4;
    connect(a, &mut w, first);
    large(a, &mut w);
    let rss_first = rest(a, &mut w);
    let (ready_first, cpu0, t0) = (w.ready, cpu(a), sys::now());
    connect(a, &mut w, a.n);
    let (t1, cpu1) = (sys::now(), cpu(a));
    let rss1 = rest(a, &mut w);
    let (_, hwm1) = procfs::rss(a.pid);
    let (cpu2, s2) = (cpu(a), sys::now());
    while sys::now() - s2 < 3000 * MS {
        w.turn(100 * MS, false);
    }
    let cpu3 = cpu(a);
    let (n, more) = (w.ready, (w.ready - ready_first) as f64);
    let dt = (t1 - t0) as f64 / 1e9;
    let each = (rss1 as f64 - rss_first as f64) * 1024.0 / more;
    large(a, &mut w);
    let after = if a.large > 0 { rest(a, &mut w) } else { rss1 };
    let each_after = each + (after as f64 - rss1 as f64) * 1024.0 / n as f64;
    println!(
        "{{\"label\":\"{}\",\"scen\":\"e\",\"tls\":{},\"n\":{},\"ready\":{},\"dead\":{},\"connect_s\":{:.2},\"connects_s\":{:.0},\"cpu_ms_per_connect\":{:.4},\"rss0_kb\":{},\"rss_first_kb\":{},\"rss_kb\":{},\"hwm_kb\":{},\"rss_per_conn_b\":{:.0},\"large\":{},\"rss_large_kb\":{},\"rss_large_per_conn_b\":{:.0},\"idle_cores\":{:.4}}}",
        a.label, a.tls, a.n, n, w.dead, dt, more / dt, (cpu1 - cpu0) * 1e3 / more,
        rss0, rss_first, rss1, hwm1, each, a.large, after, each_after, (cpu3 - cpu2) / 3.0
    );
    w.close();
}

fn cpu(a: &Args) -> f64 {
    let (user, system) = procfs::cpu(a.pid);
    user + system
}

/// Opens connections until there are `n`.
fn connect(a: &Args, w: &mut World, n: usize) {
    let conc = if a.conc > 0 { a.conc } else { 100 };
    let tag = std::process::id();
    let t0 = sys::now();
    while w.ready + w.dead < n {
        while w.c.len() < n && w.c.len() - w.ready - w.dead < conc {
            let i = w.c.len();
            w.open(a, format!("ml{tag}i{i}"), Some(topic(i)), None, 0);
        }
        w.turn(100 * MS, false);
        if sys::now() - t0 > 120_000 * MS {
            eprintln!("gave up after 120 s");
            break;
        }
    }
}

/// Every connection sends itself one large message.
fn large(a: &Args, w: &mut World) {
    if a.large == 0 {
        return;
    }
    (w.qos, w.only_count) = (1, true);
    let began = sys::now();
    let mut next = 0;
    let total = w.c.len();
    while (next < total || w.recv < w.sent || w.acked < w.sent) && w.dead == 0 {
        while next < total && w.sent - w.recv < LARGE_WINDOW {
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
    w.c.iter_mut().for_each(|c| c.out = vec![]);
}

/// Waits until memory has not fallen for a while; the least that was seen.
fn rest(a: &Args, w: &mut World) -> u64 {
    let began = sys::now();
    let (mut least, mut since) = (procfs::rss(a.pid).0, began);
    while sys::now() - since < REST && sys::now() - began < REST_MAX {
        w.turn(100 * MS, false);
        let rss = procfs::rss(a.pid).0;
        if rss + 64 < least {
            (least, since) = (rss, sys::now());
        }
    }
    least.min(procfs::rss(a.pid).0)
}
