// SPDX-License-Identifier: Apache-2.0
//! The authorizers as doors ask them: which one, what it says, and who somebody is then.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use async_trait::async_trait;
use hw_kernel::Refusal;
use hw_kernel::admission::{
    Authorized, Authorizers, Claims, NamedPrincipal, Principal, PrincipalId,
};
use hw_model::AccountId;
use hw_policy::PolicySet;

use super::answer::Granted;
use super::function::Function;
use super::key_sets::KeySets;
use super::{Authorizer, call_out, claims, jwt, refresh};
use crate::outbound::Outbound;
use crate::{Identity, principal};

/// What a proof of this kind begins with.
pub(crate) const PROOF: &str = "authorizer/";

/// Longest connection, where nobody says otherwise.
const SPAN_MAX: Duration = Duration::from_secs(86_400);

/// The authorizers of all accounts. `clone` is cheap.
#[derive(Clone)]
pub struct AuthorizerDoor {
    pub(super) identity: Identity,
    pub(super) outbound: Outbound,
    key_sets: Arc<KeySets>,
}

/// What an authorizer has granted, for a connection and for the next question.
pub(super) struct Grant {
    pub principal: Principal,
    pub span_max: Duration,
    pub refresh_after: Option<Duration>,
    pub follows_policies: bool,
}

impl AuthorizerDoor {
    /// With a way out for its questions.
    pub fn new(identity: Identity, outbound: Outbound) -> Self {
        Self {
            identity,
            outbound,
            key_sets: Arc::default(),
        }
    }

    /// Asks one authorizer, whether or not it is active.
    ///
    /// # Errors
    /// Nobody is let in; why, in words.
    pub async fn ask(
        &self,
        account: AccountId,
        authorizer: &Authorizer,
        claims: &Claims,
    ) -> Result<Granted, String> {
        let name = &authorizer.name;
        let (token, proved) =
            claims::token(claims, authorizer).map_err(|why| format!("authorizer {name}: {why}"))?;
        let function = Function::parse(&authorizer.function_arn);
        let function = function.map_err(|error| format!("authorizer {name}: {error}"))?;
        match function {
            Function::Url(url) => {
                let token = (token.as_deref(), proved);
                call_out::ask(&self.outbound, name, &url, claims, token).await
            }
            Function::Jwt(rules) => {
                let mqtt = claims.mqtt.as_ref();
                let password = mqtt.and_then(|mqtt| mqtt.password.as_ref());
                let password = password.and_then(|it| std::str::from_utf8(it.expose()).ok());
                let token = token.as_deref().or(password);
                let token = token.ok_or_else(|| format!("authorizer {name}: no JWT"))?;
                let clock = &self.identity.clock;
                let client_id = mqtt.map(|mqtt| mqtt.client_id.as_str());
                let with = (&self.outbound, &*self.key_sets);
                let times = (clock.now(), clock.monotonic());
                let proved = jwt::check(with, &rules, token, client_id, times).await;
                let proved = proved.map_err(|why| format!("authorizer {name}: {why}"))?;
                let policies = self.policies(account, &rules.policies).await;
                Ok(Granted {
                    principal_id: proved.principal_id,
                    documents: Vec::new(),
                    policies: policies.map_err(|why| format!("authorizer {name}: {why}"))?,
                    disconnect_after: Some(proved.span.min(SPAN_MAX)),
                    refresh_after: None,
                })
            }
        }
    }

    async fn policies(&self, account: AccountId, names: &[String]) -> Result<PolicySet, String> {
        let catalog = &*self.identity.catalog;
        let found = principal::policies_by_name(catalog, account, names).await;
        found.map_err(|error| error.to_string())
    }

    /// Somebody with this proof, as the authorizer sees it now.
    pub(super) async fn grant(
        &self,
        account: AccountId,
        name: &str,
        claims: &Claims,
        proof: &Arc<str>,
    ) -> Result<Grant, Refusal> {
        let refuse = |cause: String| Refusal {
            account: Some(account),
            principal: None,
            cause,
        };
        let authorizer = self.identity.authorizer(account, name).await;
        let authorizer = authorizer.map_err(|error| refuse(error.to_string()))?;
        if !authorizer.is_active {
            return Err(refuse(format!("authorizer {name} is INACTIVE")));
        }
        let granted = self
            .ask(account, &authorizer, claims)
            .await
            .map_err(refuse)?;
        let named = NamedPrincipal {
            name: format!("authorizer/{name}/{}", granted.principal_id)
                .as_str()
                .into(),
            proof: proof.clone(),
        };
        Ok(Grant {
            principal: Principal {
                account,
                id: PrincipalId::Named(named),
                policies: Arc::new(granted.policies),
                things: Vec::new(),
                certificate: None,
                region: self.identity.region.clone(),
                stale: AtomicBool::new(false),
            },
            follows_policies: granted.documents.is_empty(),
            span_max: granted.disconnect_after.unwrap_or(SPAN_MAX),
            refresh_after: granted.refresh_after,
        })
    }

    /// Somebody with user name and password; `None` if it is no such matter. A user that there is
    /// is nobody else's matter; another is the default authorizer's, if there is one.
    async fn by_password(
        &self,
        account: AccountId,
        claims: &Claims,
        has_default: bool,
    ) -> Result<Option<Authorized>, Refusal> {
        let Some((name, password)) = claims::password(claims) else {
            return Ok(None);
        };
        let identity = &self.identity;
        if !identity.changes.has_mqtt_users() {
            return Ok(None);
        }
        let known = identity.mqtt_credential(account, name).await;
        let known = known.map_err(|error| fault(&error))?;
        if known.is_none() && has_default {
            return Ok(None);
        }
        let principal = known.is_some().then(|| format!("mqtt-user/{name}"));
        let address = claims.address.to_string();
        let proved = identity.prove_mqtt_user(account, name, known, password, &address);
        let proved = proved.await.map_err(|error| Refusal {
            account: Some(account),
            principal,
            cause: error.to_string(),
        })?;
        let principal = identity.changes.named(account, &proved).await?;
        Ok(Some(Authorized {
            principal,
            span_max: None,
        }))
    }

    /// Asks about a request of HTTP that is over with its answer: nobody is asked again.
    ///
    /// # Errors
    /// As [`Authorizers::authorize`].
    pub async fn authorize_request(&self, claims: &Claims) -> Result<Arc<Principal>, Refusal> {
        let account = self.account(claims.server_name.as_deref()).await?;
        let name = match claims::authorizer(claims) {
            Some(name) => Some(name),
            None => self
                .identity
                .default_authorizer(account)
                .await
                .map_err(|error| fault(&error))?,
        };
        let name = name.ok_or_else(|| unnamed(account))?;
        let grant = self.grant(account, &name, claims, &proof()).await?;
        Ok(Arc::new(grant.principal))
    }

    /// The account whose digits end the first label of the server name; else the first.
    async fn account(&self, server_name: Option<&str>) -> Result<AccountId, Refusal> {
        let label = server_name.and_then(|name| name.split('.').next());
        let digits = label.and_then(|label| label.get(label.len().checked_sub(12)?..));
        let Some(account) = digits.and_then(|digits| digits.parse::<AccountId>().ok()) else {
            return Ok(AccountId::FIRST);
        };
        match self.identity.has_account(account).await {
            Ok(true) => Ok(account),
            Ok(false) => Ok(AccountId::FIRST),
            Err(error) => Err(fault(&error)),
        }
    }
}

/// A proof that nobody has had.
fn proof() -> Arc<str> {
    format!("{PROOF}{}", uuid::Uuid::new_v4()).as_str().into()
}

fn unnamed(account: AccountId) -> Refusal {
    Refusal {
        account: Some(account),
        principal: None,
        cause: "no client certificate, no authorizer named, and none is the default".into(),
    }
}

fn fault(error: &crate::IdentityError) -> Refusal {
    tracing::error!(%error, "an authorizer could not be looked up");
    Refusal {
        account: None,
        principal: None,
        cause: "the authorizer could not be looked up".into(),
    }
}

#[async_trait]
impl Authorizers for AuthorizerDoor {
    fn are_there(&self, passwords: bool) -> bool {
        let directory = &self.identity.changes;
        directory.has_authorizers() || passwords && directory.has_mqtt_users()
    }

    async fn authorize(&self, claims: Claims) -> Result<Authorized, Refusal> {
        let account = self.account(claims.server_name.as_deref()).await?;
        let name = match claims::authorizer(&claims) {
            Some(name) => Some(name),
            None => {
                let default = self.identity.default_authorizer(account).await;
                let default = default.map_err(|error| fault(&error))?;
                let by_password = self.by_password(account, &claims, default.is_some());
                if let Some(authorized) = by_password.await? {
                    return Ok(authorized);
                }
                default
            }
        };
        let name = name.ok_or_else(|| unnamed(account))?;
        let proof = proof();
        let grant = self.grant(account, &name, &claims, &proof).await?;
        let principal = self.identity.changes.give(grant.principal);
        let next = refresh::Next {
            door: self.clone(),
            account,
            authorizer: name,
            claims,
            refresh_after: grant.refresh_after,
            follows_policies: grant.follows_policies,
        };
        tokio::spawn(next.run(Arc::downgrade(&principal), proof));
        Ok(Authorized {
            principal,
            span_max: Some(grant.span_max),
        })
    }
}
