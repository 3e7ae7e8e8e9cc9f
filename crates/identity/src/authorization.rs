// SPDX-License-Identifier: Apache-2.0
//! What a principal's policies say, without its connecting: TestAuthorization and
//! GetEffectivePolicies. Policies alone are asked; a certificate's status is not.

use hw_kernel::Principal;
use hw_model::{AccountId, CertificateId};
use hw_policy::{Context, Effect, Named, PolicySet, Request, evaluate};

use crate::certificates::not_found;
use crate::policies::Target;
use crate::principal::{policies_of_group, thing_named, whatever_its_status};
use crate::{Identity, IdentityError, documents, mqtt_users, named};

/// What to ask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// Action, as in `iot:Publish`.
    pub action: String,
    /// ARNs.
    pub resources: Vec<String>,
}

/// Whose policies to ask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// The certificate, or a group of things, if there is one.
    pub principal: Option<Target>,
    /// MQTT client id. It says which of a certificate's things it is, and so whose groups count.
    pub client_id: Option<String>,
    /// Policies that count as attached.
    pub add: Vec<String>,
    /// Policies that count as not attached.
    pub skip: Vec<String>,
}

/// Whom people ask about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A certificate, whatever its status.
    Certificate(CertificateId),
    /// A device with a password, by its user name.
    MqttUser(String),
}

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Of all resources together: one explicit deny denies, one implicit deny too.
    pub effect: Effect,
    /// Policies that allow one of the resources.
    pub allow: Vec<String>,
    /// Policies that deny one of the resources.
    pub deny: Vec<String>,
    /// Policies that say nothing of any of the resources.
    pub silent: Vec<String>,
    /// What policies ask about and nobody has said.
    pub missing: Vec<String>,
}

impl Identity {
    /// Asks the policies of a principal.
    pub async fn test_authorization(
        &self,
        account: AccountId,
        who: &Who,
        questions: &[Question],
    ) -> Result<Vec<Judgement>, IdentityError> {
        let client_id = who.client_id.as_deref();
        let (attached, context) = self
            .attached(account, who.principal.as_ref(), client_id)
            .await?;
        let set = self.considered(account, attached, who).await?;
        Ok(questions
            .iter()
            .map(|question| judge(&set, question, &context))
            .collect())
    }

    /// Asks the policies of somebody as they stand, each question as the MQTT client of that id, or
    /// without an MQTT client (HTTPS publish).
    pub async fn judge(
        &self,
        account: AccountId,
        subject: &Subject,
        questions: &[(Option<String>, Question)],
    ) -> Result<Vec<Judgement>, IdentityError> {
        let principal = match subject {
            Subject::Certificate(id) => self.certificate_principal(account, *id).await?,
            Subject::MqttUser(name) => self.mqtt_user_principal(account, name).await?,
        };
        let judged = questions.iter().map(|(client_id, question)| {
            let context = principal.policy_context(client_id.as_deref());
            let policies = principal.policies_for(client_id.as_deref().unwrap_or_default());
            judge(&policies, question, &context)
        });
        Ok(judged.collect())
    }

    async fn certificate_principal(
        &self,
        account: AccountId,
        id: CertificateId,
    ) -> Result<Principal, IdentityError> {
        let found = whatever_its_status(&*self.catalog, &self.region, account, id).await?;
        found.ok_or_else(|| not_found(id))
    }

    async fn mqtt_user_principal(
        &self,
        account: AccountId,
        name: &str,
    ) -> Result<Principal, IdentityError> {
        self.mqtt_user(account, name).await?;
        let (catalog, named) = (&*self.catalog, named::of_mqtt_user(name));
        let found = mqtt_users::by_name(catalog, &self.region, account, &named, name).await?;
        found.map_err(|refusal| IdentityError::Invalid(refusal.cause))
    }

    /// Names and documents of the policies that count for a principal when it connects as a thing:
    /// its own, and those of the thing's groups. Without a thing, those that count anyway; without a
    /// principal, those of the thing's groups alone.
    pub async fn effective_policies(
        &self,
        account: AccountId,
        principal: Option<&Target>,
        thing: Option<&str>,
    ) -> Result<Vec<(String, String)>, IdentityError> {
        let mut named = match (principal, thing) {
            (None, Some(thing)) => {
                let things = thing_named(&*self.catalog, account, thing).await?;
                things.first().map(|thing| thing.policies.clone())
            }
            _ => Some(self.attached(account, principal, thing).await?.0),
        }
        .unwrap_or_default()
        .policies()
        .to_vec();
        named.sort_by(|one, other| one.name.cmp(&other.name));
        let mut found = Vec::with_capacity(named.len());
        for one in named {
            let policy = self.policy(account, &one.name).await?;
            found.push((policy.name, policy.document));
        }
        Ok(found)
    }

    /// The policies of a principal with this client id, and what they may ask of it.
    async fn attached(
        &self,
        account: AccountId,
        principal: Option<&Target>,
        client_id: Option<&str>,
    ) -> Result<(PolicySet, Context), IdentityError> {
        let nobody = Context {
            client_id: client_id.map(str::to_owned),
            ..Context::default()
        };
        match principal {
            None => Ok((PolicySet::default(), nobody)),
            Some(group @ Target::Group(name)) => {
                self.check_target(account, group).await?;
                let policies = policies_of_group(&*self.catalog, account, name).await?;
                Ok((policies, nobody))
            }
            Some(Target::Certificate(id)) => {
                let principal = self.certificate_principal(account, *id).await?;
                let policies = principal.policies_for(client_id.unwrap_or_default());
                Ok((policies, principal.policy_context(client_id)))
            }
        }
    }

    /// Attached policies and those to add, but those to skip.
    async fn considered(
        &self,
        account: AccountId,
        attached: PolicySet,
        who: &Who,
    ) -> Result<PolicySet, IdentityError> {
        let mut named = attached.policies().to_vec();
        for name in &who.add {
            if named.iter().any(|known| known.name == *name) {
                continue;
            }
            let policy = self.policy(account, name).await?;
            named.push(Named {
                name: policy.name,
                version: Some(policy.default_version.to_string()),
                document: documents::parse(&policy.document)?,
            });
        }
        for name in &who.skip {
            self.policy(account, name).await?;
        }
        named.retain(|known| !who.skip.contains(&known.name));
        Ok(PolicySet::new(named))
    }
}

fn judge(set: &PolicySet, question: &Question, context: &Context) -> Judgement {
    let decide = |set: &PolicySet, resource: &String| {
        let request = Request {
            action: &question.action,
            resource,
            context,
        };
        evaluate(set, &request).effect
    };
    let together = |set: &PolicySet| -> Vec<Effect> {
        question.resources.iter().map(|r| decide(set, r)).collect()
    };
    let (mut allow, mut deny, mut silent) = (Vec::new(), Vec::new(), Vec::new());
    for named in set.policies() {
        let effects = together(&PolicySet::new(vec![named.clone()]));
        let name = || named.name.clone();
        if effects.contains(&Effect::Allowed) {
            allow.push(name());
        }
        if effects.contains(&Effect::ExplicitDeny) {
            deny.push(name());
        }
        if effects.iter().all(|effect| *effect == Effect::ImplicitDeny) {
            silent.push(name());
        }
    }
    let effects = together(set);
    let effect = if effects.contains(&Effect::ExplicitDeny) {
        Effect::ExplicitDeny
    } else if effects.is_empty() || effects.contains(&Effect::ImplicitDeny) {
        Effect::ImplicitDeny
    } else {
        Effect::Allowed
    };
    Judgement {
        effect,
        allow,
        deny,
        silent,
        missing: set.missing_values(&question.action, context),
    }
}
