// SPDX-License-Identifier: Apache-2.0
//! The directory of live principals: answers doors and shards, and marks what a change touches.
//!
//! It keeps a weak reference to every principal that a connection holds. A change marks those it
//! touches stale under the same lock that a look-up inserts under, then raises the generation: so
//! no look-up that read the catalog before the change can slip in behind it unmarked.

mod given;
mod registered;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use hw_kernel::admission::{
    Admission, AdmissionChanges, NamedPrincipal, Principal, PrincipalId, Refusal, Touched,
};
use hw_kernel::{Catalog, Clock};
use hw_model::{AccountId, CertificateId};
use parking_lot::Mutex;
use tokio::runtime::Handle;

use crate::authorizers::PROOF;
use crate::certificates::id_of;
use crate::principal::{load, refuse, registrations};
use crate::{IdentityError, certificate_facts, named};

/// How often a look-up is made again because something changed meanwhile.
const LOAD_TRIES_MAX: usize = 16;

type Key = (AccountId, Subject);

/// How a principal is found again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Subject {
    Certificate(CertificateId),
    /// [`NamedPrincipal::proof`].
    Proof(Arc<str>),
}

/// Live principals.
pub struct Directory {
    catalog: Arc<dyn Catalog>,
    clock: Arc<dyn Clock>,
    region: Arc<str>,
    runtime: Handle,
    anonymous: Option<Arc<Principal>>,
    live: Mutex<Live>,
    given: given::Given,
    registered: registered::Registered,
    generation: AtomicU64,
    wakers: Mutex<Vec<Box<dyn Fn() + Send + Sync>>>,
}

#[derive(Default)]
struct Live {
    principals: HashMap<Key, Weak<Principal>>,
    sweep_at: usize,
}

impl Directory {
    /// A directory over the catalog. `anonymous` is the principal of plain listeners, if there is
    /// one; catalog reads are driven by `runtime`, from threads that are not its own.
    pub fn new(
        catalog: Arc<dyn Catalog>,
        clock: Arc<dyn Clock>,
        region: Arc<str>,
        runtime: Handle,
        anonymous: Option<Principal>,
    ) -> Self {
        Self {
            catalog,
            clock,
            region,
            runtime,
            anonymous: anonymous.map(Arc::new),
            live: Mutex::default(),
            given: given::Given::default(),
            registered: registered::Registered::default(),
            generation: AtomicU64::new(1),
            wakers: Mutex::default(),
        }
    }

    /// The principal of a key, a session or another proof that has been checked. For the
    /// runtime's own threads; shards ask [`Admission::current`].
    ///
    /// # Errors
    /// It is worth nothing any more.
    pub async fn named(
        &self,
        account: AccountId,
        named: &NamedPrincipal,
    ) -> Result<Arc<Principal>, Refusal> {
        self.look_up(account, &PrincipalId::Named(named.clone()))
            .await
    }

    async fn look_up(
        &self,
        account: AccountId,
        id: &PrincipalId,
    ) -> Result<Arc<Principal>, Refusal> {
        let subject = match id {
            PrincipalId::Anonymous => return self.anonymous(),
            PrincipalId::Certificate(id) => Subject::Certificate(*id),
            PrincipalId::Named(named) => Subject::Proof(named.proof.clone()),
        };
        let key = (account, subject);
        for _ in 0..LOAD_TRIES_MAX {
            let before = self.generation.load(Ordering::Acquire);
            if let Some(known) = self.live.lock().fresh(&key) {
                return Ok(known);
            }
            let principal = self
                .load(account, id)
                .await
                .map_err(|error| fault(account, id, &error))??;
            let mut live = self.live.lock();
            // Another look-up may have come first: there must be one principal to mark, not two.
            if let Some(known) = live.fresh(&key) {
                return Ok(known);
            }
            if self.generation.load(Ordering::Acquire) == before {
                let principal = Arc::new(principal);
                live.insert(key, &principal);
                return Ok(principal);
            }
        }
        Err(Refusal {
            account: Some(account),
            principal: Some(id.to_string()),
            cause: "its policies change too fast; try again".into(),
        })
    }

    async fn load(
        &self,
        account: AccountId,
        id: &PrincipalId,
    ) -> Result<Result<Principal, Refusal>, IdentityError> {
        let (catalog, now) = (&*self.catalog, self.clock.now());
        match id {
            PrincipalId::Certificate(id) => load(catalog, &self.region, now, account, *id).await,
            PrincipalId::Named(named) => {
                named::load(catalog, &self.region, now, account, named).await
            }
            PrincipalId::Anonymous => Ok(Err(Refusal {
                account: None,
                principal: None,
                cause: "anonymous is in no catalog".into(),
            })),
        }
    }

    fn account_of(&self, id: CertificateId, sni: Option<&str>) -> Result<AccountId, Refusal> {
        let generation = self.generation.load(Ordering::Acquire);
        let found = match self.registered.get(generation, id) {
            Some(known) => known,
            None => {
                let read = self.runtime.block_on(registrations(&*self.catalog, id));
                let read = read.map_err(|error| {
                    fault(AccountId::FIRST, &PrincipalId::Certificate(id), &error)
                })?;
                let read: Arc<[AccountId]> = read.into();
                if !read.is_empty() {
                    self.registered.put(generation, id, read.clone());
                }
                read
            }
        };
        let named = found.iter().find(|account| names_account(sni, **account));
        // Who registered it first has it unless the server name says otherwise. A certificate is
        // public, and so is its CA's: with any other order somebody could take a device away, or
        // keep it out, by registering its certificate a second time.
        let account = named.or(found.first()).copied();
        account.ok_or_else(|| refuse(None, id, "certificate unknown".into()))
    }
}

/// A server name chooses an account if its first label ends with the account's digits.
fn names_account(sni: Option<&str>, account: AccountId) -> bool {
    let label = sni.and_then(|name| name.split('.').next());
    label.is_some_and(|label| label.ends_with(&account.to_string()))
}

fn fault(account: AccountId, id: &PrincipalId, error: &IdentityError) -> Refusal {
    tracing::error!(account.id = %account, principal.id = %id, %error, "a principal could not be looked up");
    Refusal {
        account: Some(account),
        principal: Some(id.to_string()),
        cause: format!("look-up failed: {error}"),
    }
}

impl Live {
    fn fresh(&self, key: &Key) -> Option<Arc<Principal>> {
        self.principals
            .get(key)?
            .upgrade()
            .filter(|principal| !principal.is_stale())
    }

    fn insert(&mut self, key: Key, principal: &Arc<Principal>) {
        if self.principals.len() >= self.sweep_at {
            self.principals.retain(|_, weak| weak.strong_count() > 0);
            self.sweep_at = (self.principals.len() * 2).max(1_024);
        }
        self.principals.insert(key, Arc::downgrade(principal));
    }
}

impl Admission for Directory {
    fn by_certificate(&self, der: &[u8], sni: Option<&str>) -> Result<Arc<Principal>, Refusal> {
        let id = id_of(der);
        // Only for a clear cause: what is registered has been parsed before.
        certificate_facts::parse(der).map_err(|error| refuse(None, id, error.to_string()))?;
        let account = self.account_of(id, sni)?;
        let id = PrincipalId::Certificate(id);
        self.runtime.block_on(self.look_up(account, &id))
    }

    fn anonymous(&self) -> Result<Arc<Principal>, Refusal> {
        self.anonymous.clone().ok_or_else(|| Refusal {
            account: None,
            principal: None,
            cause: "anonymous MQTT is off; HEADWATER_MQTT_ANONYMOUS_POLICY turns it on".into(),
        })
    }

    fn current(&self, principal: &Principal) -> Result<Arc<Principal>, Refusal> {
        match principal.id {
            PrincipalId::Anonymous => self.anonymous(),
            PrincipalId::Named(ref named) if named.proof.starts_with(PROOF) => {
                self.given.current(principal.account, named)
            }
            _ => self
                .runtime
                .block_on(self.look_up(principal.account, &principal.id)),
        }
    }

    fn generation(&self) -> &AtomicU64 {
        &self.generation
    }

    fn on_change(&self, wake: Box<dyn Fn() + Send + Sync>) {
        self.wakers.lock().push(wake);
    }
}

impl AdmissionChanges for Directory {
    fn touched(&self, account: AccountId, what: &Touched) {
        {
            let live = self.live.lock();
            let of_account = live
                .principals
                .iter()
                .filter(|((owner, _), _)| *owner == account);
            for ((_, subject), weak) in of_account {
                let Some(principal) = weak.upgrade() else {
                    continue;
                };
                let touched = match what {
                    Touched::Certificate(changed) => *subject == Subject::Certificate(*changed),
                    Touched::Thing(name) => principal.things.iter().any(|t| t.name == *name),
                    Touched::Group(name) => principal
                        .things
                        .iter()
                        .any(|thing| thing.groups.contains(name)),
                    // Which policies a principal has is a question of the catalog's: all of the
                    // account look again, which costs each a few look-ups.
                    Touched::Policy(_) => true,
                    Touched::Named => matches!(subject, Subject::Proof(_)),
                    Touched::Proof(changed) => {
                        matches!(subject, Subject::Proof(proof) if **proof == **changed)
                    }
                };
                if touched {
                    principal.stale.store(true, Ordering::Release);
                }
            }
            self.generation.fetch_add(1, Ordering::AcqRel);
        }
        self.wakers.lock().iter().for_each(|wake| wake());
        if matches!(what, Touched::Policy(_)) {
            let count = &self.given.policies_changed;
            count.send_modify(|count| *count += 1);
        }
    }
}
