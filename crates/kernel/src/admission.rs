// SPDX-License-Identifier: Apache-2.0
//! Admission: who a connection is and what it may, looked up in every handshake.

mod authorizers;
mod peer;
mod policy_context;

pub use authorizers::{Authorized, Authorizers, Claims, HttpClaims, MqttClaims};
pub use peer::Peer;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use hw_model::{AccountId, CertificateId};
use hw_policy::{Named, PolicySet};

/// A thing that a principal is attached to.
#[derive(Debug, Clone, Default)]
pub struct AttachedThing {
    /// Its name.
    pub name: String,
    /// Its type's name.
    pub thing_type: Option<String>,
    /// Its attributes.
    pub attributes: Vec<(String, String)>,
    /// Whether the attachment is EXCLUSIVE_THING.
    pub exclusive: bool,
    /// The groups that it is in, and all groups above those.
    pub groups: Vec<String>,
    /// Default versions of the policies of those groups.
    pub policies: PolicySet,
}

/// How a principal is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalId {
    /// By its certificate.
    Certificate(CertificateId),
    /// By the anonymous policy file (plain MQTT for benches and public suites).
    Anonymous,
    /// By a key, a session of people's, or an authorizer.
    Named(NamedPrincipal),
}

/// A principal that is no certificate. Equal is who has the same name, whatever proved it.
#[derive(Debug, Clone, Eq)]
pub struct NamedPrincipal {
    /// As it is shown and recorded: `access-key/AKIA…`, `user/alice`, `authorizer/NAME/ID`.
    pub name: Arc<str>,
    /// What it was known by, for [`Admission::current`]: the key, the session.
    pub proof: Arc<str>,
}

impl PartialEq for NamedPrincipal {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl std::fmt::Display for PrincipalId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PrincipalId::Certificate(id) => id.fmt(f),
            PrincipalId::Anonymous => f.write_str("anonymous"),
            PrincipalId::Named(named) => f.write_str(&named.name),
        }
    }
}

/// What a certificate says, as policy variables name it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Serial number, decimal as AWS shows it.
    pub serial_number: String,
    /// (`Subject.CommonName`, values) and so on for subject, issuer and alternative names, keyed
    /// as in the policy variables after `iot:Certificate.`.
    pub fields: Vec<(String, Vec<String>)>,
}

/// A principal as it stood at one moment: a value that never changes but for [`Principal::stale`].
#[derive(Debug)]
pub struct Principal {
    /// Its account.
    pub account: AccountId,
    /// Who it is.
    pub id: PrincipalId,
    /// Default versions of all policies attached to it; those of its things' groups are with its
    /// things. What counts for a connection is [`Principal::policies_for`].
    pub policies: Arc<PolicySet>,
    /// Things it is attached to.
    pub things: Vec<AttachedThing>,
    /// What policy variables can ask of its certificate.
    pub certificate: Option<CertificateFacts>,
    /// The region in ARNs.
    pub region: Arc<str>,
    /// Set when anything above is no longer so; look it up again with [`Admission::current`].
    pub stale: AtomicBool,
}

impl Principal {
    /// Whether it must be looked up again.
    pub fn is_stale(&self) -> bool {
        self.stale.load(Ordering::Acquire)
    }

    /// The thing of a connection: the attached one whose name is the client id, else the only
    /// attached one, else none.
    pub fn thing_for(&self, client_id: &str) -> Option<&AttachedThing> {
        let named = self.things.iter().find(|thing| thing.name == client_id);
        named.or(if let [only] = self.things.as_slice() {
            Some(only)
        } else {
            None
        })
    }

    /// The policies that decide for a connection with this client id: its own, and those of the
    /// groups of the connection's thing. Without a client id, it is empty.
    pub fn policies_for(&self, client_id: &str) -> PolicySet {
        let of_groups = self.thing_for(client_id).map(|thing| &thing.policies);
        let of_groups = of_groups.map_or(&[][..], PolicySet::policies);
        let own = self.policies.policies();
        if of_groups.is_empty() {
            return PolicySet::clone(&self.policies);
        }
        let is_other = |named: &&Named| own.iter().all(|known| known.name != named.name);
        let others = of_groups.iter().filter(is_other);
        PolicySet::new(own.iter().chain(others).cloned().collect())
    }
}

/// Why somebody was not let in. Goes into an event; the peer gets less.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct Refusal {
    /// The account, if one is known; else the first account sees the event.
    pub account: Option<AccountId>,
    /// The principal, as far as it is known.
    pub principal: Option<String>,
    /// In words: `certificate INACTIVE`, `certificate unknown`, …
    pub cause: String,
}

/// Looks principals up. Implemented by `identity`; calls may read the catalog and block for about
/// a millisecond, so they are made on handshake threads, and on a shard only after a change.
pub trait Admission: Send + Sync {
    /// By the certificate that the peer proved to hold, and the server name it asked for.
    fn by_certificate(&self, der: &[u8], sni: Option<&str>) -> Result<Arc<Principal>, Refusal>;

    /// Without any certificate, on a plain listener.
    fn anonymous(&self) -> Result<Arc<Principal>, Refusal>;

    /// The same principal as it stands now.
    fn current(&self, principal: &Principal) -> Result<Arc<Principal>, Refusal>;

    /// Rises with every change of a certificate, policy, thing or attachment; the principals that
    /// are touched are marked stale before it rises.
    fn generation(&self) -> &AtomicU64;

    /// Calls `wake` after each rise. It must only wake somebody.
    fn on_change(&self, wake: Box<dyn Fn() + Send + Sync>);
}

/// What a change touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touched {
    /// One certificate: its status, policies or things.
    Certificate(CertificateId),
    /// A thing, or the groups that it is in: everyone attached to it.
    Thing(String),
    /// A group of things, or its policies: everyone attached to a thing in it or in a group below it.
    Group(String),
    /// A policy: everyone it is attached to.
    Policy(String),
    /// Keys, users or sessions: everyone who is no certificate.
    Named,
    /// Whoever has this [`NamedPrincipal::proof`].
    Proof(String),
}

/// Told after a change of what admission depends on is committed. Implemented by `identity`;
/// returns once every live principal it touches is marked stale and the shards are woken.
pub trait AdmissionChanges: Send + Sync {
    /// Something of this account has changed.
    fn touched(&self, account: AccountId, what: &Touched);
}
