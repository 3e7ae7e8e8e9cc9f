// SPDX-License-Identifier: Apache-2.0
//! What a principal's policies say, without its connecting: TestAuthorization and
//! GetEffectivePolicies. Policies alone are asked; a certificate's status is not.

use hw_model::{AccountId, CertificateId};
use hw_policy::{Context, Effect, Named, PolicySet, Request, evaluate};

use crate::principal::{compose, policies, stored, things};
use crate::{Identity, IdentityError, documents};

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
    /// The certificate, if there is one.
    pub certificate: Option<CertificateId>,
    /// MQTT client id.
    pub client_id: Option<String>,
    /// Policies that count as attached.
    pub add: Vec<String>,
    /// Policies that count as not attached.
    pub skip: Vec<String>,
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
        let set = self.considered(account, who).await?;
        let context = self.context(account, who).await?;
        Ok(questions
            .iter()
            .map(|question| judge(&set, question, &context))
            .collect())
    }

    /// Names and documents of the policies that count for a principal when it connects.
    pub async fn effective_policies(
        &self,
        account: AccountId,
        certificate: CertificateId,
    ) -> Result<Vec<(String, String)>, IdentityError> {
        self.certificate(account, certificate).await?;
        let sql = "SELECT p.policy_name, v.document FROM policy_targets t \
                   JOIN policies p ON p.account = t.account AND p.policy_name = t.policy_name \
                   JOIN policy_versions v ON v.account = p.account \
                   AND v.policy_name = p.policy_name AND v.version = p.default_version \
                   WHERE t.account = $1 AND t.target_kind = 'cert' AND t.target = $2 \
                   ORDER BY p.policy_name";
        let args = vec![account.into(), certificate.to_string().into()];
        let rows = self.catalog.read(sql, args).await?;
        let pair = |row: &hw_kernel::port::catalog::Row| {
            Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))
        };
        rows.iter().map(pair).collect()
    }

    /// Attached policies and those to add, but those to skip.
    async fn considered(&self, account: AccountId, who: &Who) -> Result<PolicySet, IdentityError> {
        let mut named = match who.certificate {
            Some(id) => policies(&*self.catalog, account, id)
                .await?
                .policies()
                .to_vec(),
            None => Vec::new(),
        };
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

    async fn context(&self, account: AccountId, who: &Who) -> Result<Context, IdentityError> {
        let Some(id) = who.certificate else {
            return Ok(Context {
                client_id: who.client_id.clone(),
                ..Context::default()
            });
        };
        let certificate = self.certificate(account, id).await?;
        let parsed = stored(id, &certificate.pem)?;
        let things = things(&*self.catalog, account, id).await?;
        let empty = PolicySet::default();
        let principal = compose(&self.region, (account, id), empty, things, parsed);
        Ok(principal.policy_context(who.client_id.as_deref()))
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
