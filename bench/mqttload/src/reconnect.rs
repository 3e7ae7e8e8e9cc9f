// SPDX-License-Identifier: Apache-2.0
//! reconnect: devices with sessions that last, back after a restart that somebody else makes. A
//! JSON line when all are connected first, another when all have been cut and have their CONNACK
//! again; times are of the monotonic clock.
use crate::flood::swarm::{Plan, Step, Swarm};
use crate::{codec, sys, Args};
use std::rc::Rc;

const MS: u64 = 1_000_000;
/// A device that was cut, or whose attempt failed, tries again after about so long.
const PAUSE: u64 = 1_000 * MS;
const WAIT_MAX: u64 = 120_000 * MS;

pub fn reconnect(a: &Args) {
    let qos = a.qos;
    let script = move |i: usize, life: u32| -> Rc<[Step]> {
        let connect = codec::connect_with(&format!("mlr{i}"), 300, false);
        let mut steps = vec![Step::Send(connect.into()), Step::Await(2)];
        if life == 0 {
            let subscribe = codec::subscribe(&format!("bench/idle/{i}/cmd"), qos);
            steps.extend([Step::Send(subscribe.into()), Step::Await(9)]);
        }
        steps.extend([Step::Mark, Step::Idle]);
        steps.into()
    };
    let plan = Plan {
        peers: a.n,
        pause: PAUSE,
        opening_max: if a.conc > 0 { a.conc } else { a.n },
        lives_max: 0,
        script: Box::new(script),
    };
    let mut swarm = Swarm::new(a, plan);
    until(&mut swarm, "connect", |s| s.marked() == a.n);
    told("ready", a, &swarm);
    let before = swarm.ended();
    until(&mut swarm, "come back", |s| {
        s.ended() - before >= a.n as u64 && s.marked() == a.n
    });
    told("back", a, &swarm);
}

fn until(swarm: &mut Swarm, what: &str, over: impl Fn(&Swarm) -> bool) {
    let began = sys::now();
    while !over(swarm) {
        swarm.turn(20 * MS);
        if sys::now() - began > WAIT_MAX {
            eprintln!("gave up waiting for all to {what}: {} are", swarm.marked());
            std::process::exit(1);
        }
    }
}

fn told(event: &str, a: &Args, s: &Swarm) {
    println!(
        "{{\"scen\":\"reconnect\",\"event\":\"{event}\",\"tls\":{},\"n\":{},\"last_ns\":{},\"opened\":{},\"refused\":{}}}",
        a.tls, a.n, s.marked_at, s.count.opened, s.count.refused
    );
}
