// SPDX-License-Identifier: Apache-2.0
//! What the shards remember together: the one that took a message in, and those it went to.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hw_kernel::Principal;
use hw_kernel::admission::{NamedPrincipal, PrincipalId};
use hw_kernel::recall::{Asker, ConnectionFacts, Flight, Recall, Ruling, Unknown};
use hw_model::{AccountId, CertificateId, TraceId};
use hw_policy::{Action, PolicySet};
use hw_session::home_shard;

use crate::Broker;
use crate::host::auth::Auth;
use crate::host::decisions::Decisions;
use crate::lane::Lane;

/// Receivers that are named.
const RECEIVERS_MAX: usize = 10;

impl Broker {
    /// Where a client has its home.
    pub(crate) fn home(&self, account: AccountId, client_id: &str) -> Option<&Arc<Lane>> {
        let lanes = self.shared.lanes();
        let home = home_shard(account, client_id, lanes.len() as u16);
        lanes.get(usize::from(home))
    }
}

impl Recall for Broker {
    fn flight(&self, account: AccountId, trace: TraceId) -> Result<Flight, Unknown> {
        let lanes = self.shared.lanes();
        if trace.producer.epoch != self.shared.epoch {
            let later = trace.producer.epoch > self.shared.epoch;
            return Err(if later {
                Unknown::NeverGiven
            } else {
                Unknown::EarlierRun
            });
        }
        let Some(own) = lanes.get(usize::from(trace.producer.shard)) else {
            return Err(Unknown::NeverGiven);
        };
        let now = self.shared.now();
        let mut flight = own.state.lock().flight(account, trace, now)?;
        let all = &mut flight.deliveries;
        for lane in lanes.iter().filter(|lane| lane.number != own.number) {
            if all.forgotten == 0 {
                break;
            }
            let there = lane.state.lock().foreign_deliveries(trace);
            let Some(there) = there else { continue };
            all.forgotten = all.forgotten.saturating_sub(there.total());
            all.sent += there.sent;
            all.queued += there.queued;
            all.dropped_full += there.dropped_full;
            all.refused_receive += there.refused_receive;
            all.lost += there.lost;
            let room = RECEIVERS_MAX.saturating_sub(all.receivers.len());
            all.receivers.extend(there.receivers.into_iter().take(room));
        }
        Ok(flight)
    }

    fn connection(&self, account: AccountId, client_id: &str) -> Option<ConnectionFacts> {
        let lane = self.home(account, client_id)?;
        let now = self.shared.now();
        lane.state.lock().connection_of(account, client_id, now)
    }

    fn may_publish(&self, who: &Asker, topic: &str) -> Result<Ruling, String> {
        let Asker {
            account,
            principal,
            client_id,
        } = who;
        let lane = self
            .home(*account, client_id)
            .ok_or("the broker has ended")?;
        let live = lane
            .state
            .lock()
            .may_publish(*account, client_id, principal, topic);
        if let Some(ruling) = live {
            return Ok(ruling);
        }
        let principal = self.look_up(*account, principal)?;
        // Where it came from is not known any more: conditions on the address are not met.
        let nowhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let auth = Auth::new(principal, client_id.as_str().into(), nowhere, None);
        let (effect, why) = Decisions::new(0).why(&auth, Action::Publish, topic);
        let allowed = effect.is_allowed();
        Ok(Ruling { allowed, why })
    }
}

impl Broker {
    /// The principal as it stands now.
    fn look_up(&self, account: AccountId, principal: &str) -> Result<Arc<Principal>, String> {
        let id = match (principal, principal.split_once('/')) {
            ("anonymous", _) => PrincipalId::Anonymous,
            // These are found again by their name.
            (name, Some(("access-key" | "api-key" | "mqtt-user", _))) => {
                PrincipalId::Named(NamedPrincipal {
                    name: name.into(),
                    proof: name.into(),
                })
            }
            (name, Some(("user" | "link" | "authorizer", _))) => {
                return Err(format!(
                    "what {name} may is known only while it is connected"
                ));
            }
            (text, _) => match text.parse::<CertificateId>() {
                Ok(id) => PrincipalId::Certificate(id),
                Err(_) => return Err(format!("{text} is not a certificate of a device")),
            },
        };
        let asked = Principal {
            account,
            id,
            policies: Arc::new(PolicySet::new(Vec::new())),
            things: Vec::new(),
            certificate: None,
            region: Arc::from(""),
            stale: AtomicBool::new(true),
        };
        let current = self.shared.admission.current(&asked);
        current.map_err(|refusal| refusal.cause)
    }
}
