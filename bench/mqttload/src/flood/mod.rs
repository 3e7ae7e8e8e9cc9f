// SPDX-License-Identifier: Apache-2.0
//! Floods: many peers that each follow a script, again and again, while somebody else measures how
//! well-behaved devices fare. One JSON line at the end says what was done.
pub mod malformed;
pub mod scripts;
pub mod swarm;

use crate::{sys, Args};
use swarm::Swarm;

pub fn run(a: &Args) {
    if a.flood == "malformed" && a.kind.is_empty() {
        for name in malformed::names() {
            println!("{name}");
        }
        return;
    }
    let plan = scripts::plan(a).unwrap_or_else(|| {
        eprintln!("there is no flood {:?} {:?}", a.flood, a.kind);
        std::process::exit(2)
    });
    let mut swarm = Swarm::new(a, plan);
    let began = sys::now();
    let until = began + (a.secs * 1e9) as u64;
    while swarm.has_work() && (sys::now() < until || swarm.plan.lives_max > 0) {
        swarm.turn(50_000_000);
    }
    let c = &swarm.count;
    println!(
        "{{\"scen\":\"flood\",\"flood\":\"{}\",\"kind\":\"{}\",\"tls\":{},\"secs\":{:.2},\"peers\":{},\"opened\":{},\"accepted\":{},\"refused\":{},\"closed\":{},\"gave_up\":{},\"steps\":{},\"open_at_end\":{},\"sent_mb\":{:.1},\"read_mb\":{:.1}}}",
        a.flood, a.kind, a.tls, (sys::now() - began) as f64 / 1e9, swarm.plan.peers, c.opened, c.accepted,
        c.refused, c.closed, c.gave_up, c.steps, swarm.open(), c.sent as f64 / 1e6, c.read as f64 / 1e6
    );
}
