// SPDX-License-Identifier: Apache-2.0
//! Why a connection did not get through the door, as an event and as a farewell to the peer.

use std::net::SocketAddr;

use hw_kernel::{Event, Principal, Refusal};
use hw_model::AccountId;

/// The end of a connection before its hand-over.
#[derive(Debug, Default)]
pub struct Ending {
    /// What to note; `None` if nothing was tried.
    pub refusal: Option<Refusal>,
    /// `refused` unless the peer itself went away.
    pub closed_by_peer: bool,
    /// The client id, if a CONNECT told it.
    pub client_id: Option<String>,
    /// Plain bytes to answer with.
    pub answer: Vec<u8>,
}

impl Ending {
    /// A refusal by us.
    pub fn refused(refusal: Refusal) -> Self {
        Self {
            refusal: Some(refusal),
            ..Self::default()
        }
    }

    /// A refusal of somebody who is not known.
    pub fn because(cause: impl Into<String>) -> Self {
        Self::refused(Refusal {
            account: None,
            principal: None,
            cause: cause.into(),
        })
    }

    /// The peer went away; `tried` says whether it had sent anything.
    pub fn gone(tried: bool, cause: impl Into<String>) -> Self {
        let mut ending = Self {
            closed_by_peer: true,
            ..Self::default()
        };
        if tried {
            let cause = cause.into();
            ending.refusal = Some(Refusal {
                account: None,
                principal: None,
                cause,
            });
        }
        ending
    }

    /// The same, of somebody who is known by now.
    pub fn of(mut self, principal: &Principal) -> Self {
        if let Some(refusal) = &mut self.refusal {
            refusal.account.get_or_insert(principal.account);
            let name = || principal.id.to_string();
            refusal.principal.get_or_insert_with(name);
        }
        self
    }

    /// The event row of it.
    pub fn event(&self, peer: SocketAddr) -> Option<Event> {
        let refusal = self.refusal.as_ref()?;
        let account = refusal.account.unwrap_or(AccountId::FIRST);
        let outcome = if self.closed_by_peer {
            "closed"
        } else {
            "refused"
        };
        let mut event = Event::new(account, "connect", outcome, refusal.cause.clone());
        event.principal = refusal.principal.clone();
        event.claimed = refusal.account.is_none();
        event.client_id = self.client_id.clone();
        event.address = Some(peer.ip().to_string());
        Some(event)
    }
}

/// A TLS error in words.
pub fn tls_cause(error: &rustls::Error) -> String {
    match error {
        rustls::Error::NoCertificatesPresented => "no client certificate".to_owned(),
        rustls::Error::InvalidMessage(_) => "not a TLS handshake".to_owned(),
        rustls::Error::AlertReceived(alert) => format!("the peer gave the handshake up: {alert:?}"),
        rustls::Error::InvalidCertificate(_) => "certificate not proved".to_owned(),
        other => format!("TLS: {other}"),
    }
}
