// SPDX-License-Identifier: Apache-2.0
//! The doors: open if a server runs, free to be opened if none does.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::{Finding, Ground};
use crate::machine::sockets;

const CHECK: &str = "ports";

const CONNECT_MAX: Duration = Duration::from_secs(2);

pub(super) fn look(ground: &Ground) -> Vec<Finding> {
    match &ground.running {
        Some(status) => running(&status["endpoints"]),
        None => ground
            .config
            .listen
            .all()
            .into_iter()
            .filter_map(free)
            .collect(),
    }
}

/// The doors that a running server says it has opened.
fn running(endpoints: &serde_json::Value) -> Vec<Finding> {
    let doors = endpoints.as_object().into_iter().flatten();
    let open = doors.filter_map(|(name, value)| {
        let addr: SocketAddr = value.as_str()?.parse().ok()?;
        Some(answers(name, addr))
    });
    open.collect()
}

fn answers(name: &str, addr: SocketAddr) -> Finding {
    let mut to = addr;
    if addr.ip().is_unspecified() {
        to.set_ip(match addr {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    match TcpStream::connect_timeout(&to, CONNECT_MAX) {
        Ok(_) => Finding::ok(CHECK, format!("{name} answers on {addr}")),
        Err(error) => {
            let text = format!("{name} on {addr} does not answer: {error}");
            let cure = "look at a firewall on this machine, and at the server's log";
            Finding::fail(CHECK, text, cure)
        }
    }
}

/// Whether a start could open a door; `None` for one that picks its port.
fn free((name, addr): (&'static str, SocketAddr)) -> Option<Finding> {
    if addr.port() == 0 {
        return None;
    }
    let bound = TcpListener::bind(addr);
    let other =
        format!("choose another: --listen-{name} ADDR:PORT, or close it: --listen-{name} off");
    Some(match bound.map_err(|error| (error.kind(), error)) {
        Ok(_) => Finding::ok(CHECK, format!("{name} can have {addr}")),
        Err((ErrorKind::AddrInUse, _)) => {
            let by = sockets::who_listens(addr.port());
            let by = by.map_or_else(String::new, |by| format!(" by {by}"));
            let text = format!("{name} can't have {addr}: the port is in use{by}");
            Finding::fail(CHECK, text, format!("end that program, or {other}"))
        }
        Err((ErrorKind::PermissionDenied, _)) => {
            let text = format!("{name} can't have {addr}: ports below 1024 are root's");
            let cure = format!(
                "setcap cap_net_bind_service=+ep $(command -v headwater), \
                 AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit, or {other}"
            );
            Finding::fail(CHECK, text, cure)
        }
        Err((ErrorKind::AddrNotAvailable, _)) => {
            let text = format!("{name} can't have {addr}: this machine has no such address");
            Finding::fail(CHECK, text, other)
        }
        Err((_, error)) => {
            let text = format!("{name} can't have {addr}: {error}");
            Finding::fail(CHECK, text, other)
        }
    })
}
