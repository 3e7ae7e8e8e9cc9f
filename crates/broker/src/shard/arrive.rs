// SPDX-License-Identifier: Apache-2.0
//! Connections from the doors move in.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hw_session::{Happening, Host, Lost, Now, Opening};
use mio::net::TcpStream;
use mio::{Interest, Token};

use super::ShardState;
use super::connection::{Connection, Layers};
use crate::handover::Handover;
use crate::host::auth::Auth;
use crate::lane::Lane;

impl ShardState {
    /// Takes in all that wait.
    pub(super) fn take_arrivals(&mut self, lane: &Lane, now: Now) {
        std::mem::swap(&mut *lane.arrivals.lock(), &mut self.arrivals);
        let mut arrivals = std::mem::take(&mut self.arrivals);
        for handover in arrivals.drain(..) {
            if catch_unwind(AssertUnwindSafe(|| self.arrive(handover, now))).is_err() {
                tracing::error!("an arriving connection made the broker panic; it is closed");
            }
        }
        self.arrivals = arrivals;
    }

    fn arrive(&mut self, handover: Handover, now: Now) {
        self.loops.arrivals += 1;
        let Handover {
            socket,
            tls,
            websocket,
            sealed,
            opened,
            unsent,
            connect,
            client_id,
            principal,
            peer,
            server_name,
            until,
        } = handover;
        let account = principal.account;
        let mut auth = Auth::new(principal, client_id.as_str().into(), peer.ip(), server_name);
        // A change since its handshake was told before it was here.
        if let Err(cause) = self.host.refresh(&mut auth) {
            return self.host.happened(&auth, refused(cause));
        }
        let opening = Opening {
            auth,
            account,
            connect,
            client_id,
            until,
        };
        let slot = self.machine.open(&mut self.host, now, opening);
        let mut socket = TcpStream::from_std(socket);
        let both = Interest::READABLE | Interest::WRITABLE;
        // What waits in the socket already makes an event of its own.
        if let Err(error) = self
            .registry
            .register(&mut socket, Token(slot.index as usize), both)
        {
            let lost = Lost::Error(format!("the connection can't be watched: {error}"));
            self.machine.lost(&mut self.host, now, slot, lost);
            return;
        }
        let layers = Layers {
            tls,
            websocket,
            sealed,
            unsent,
        };
        let mut connection = Connection::new(slot, socket, layers, opened);
        let (machine, host) = (&mut self.machine, &mut self.host);
        let begun = connection.begin(&mut |bytes| machine.input(host, now, slot, bytes));
        let place = slot.index as usize;
        if self.connections.len() <= place {
            self.connections.resize_with(place + 1, || None);
        }
        self.connections[place] = Some(connection);
        self.dirty.push(slot);
        if let Err(broken) = begun {
            self.end(slot, broken.into(), now);
        }
    }
}

fn refused(cause: String) -> Happening {
    Happening {
        kind: "connect",
        outcome: "refused",
        cause: cause.into(),
        topic: None,
        trace: None,
        count: 1,
    }
}
