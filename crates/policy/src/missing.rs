// SPDX-License-Identifier: Apache-2.0
//! What policies ask about a request and nobody has said: `missingContextValues` of AWS's
//! TestAuthorization.

use crate::unresolved::Cause;
use crate::{Context, PolicySet};

impl PolicySet {
    /// Variables and condition keys of the statements about `action` that have no value in
    /// `context`, each once, in order.
    pub fn missing_values(&self, action: &str, context: &Context) -> Vec<String> {
        let documents = self.policies.iter().map(|named| &named.document);
        let mut missing = Vec::new();
        for statement in documents.flat_map(|document| &document.statements) {
            if !statement.actions.contains(action) {
                continue;
            }
            let (_, unresolved) = statement.resources.resolve(context);
            let unresolved = unresolved
                .into_iter()
                .filter(|one| one.cause != Cause::NotAVariable);
            missing.extend(unresolved.map(|one| one.variable.to_string()));
            let keys = statement.conditions.iter();
            missing.extend(
                keys.filter_map(|condition| condition.missing_key(context))
                    .map(str::to_owned),
            );
        }
        missing.sort();
        missing.dedup();
        missing
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::{Context, Document, Named, PolicySet};

    #[test]
    fn names_what_is_asked_about_this_action_alone() {
        let document = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"iot:Connect","Resource":"arn:aws:iot:r:1:client/${iot:ClientId}",
             "Condition":{"Bool":{"iot:Connection.Thing.IsAttached":"true"},
                          "IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}},
            {"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:r:1:topic/${iot:Nonsense}"}]}"#;
        let set = PolicySet::new(vec![Named {
            name: "p".into(),
            version: None,
            document: Arc::new(Document::parse(document).unwrap()),
        }]);
        let mut context = Context::default();
        assert_eq!(
            set.missing_values("iot:Connect", &context),
            [
                "aws:SourceIp",
                "iot:ClientId",
                "iot:Connection.Thing.IsAttached"
            ]
        );
        assert!(set.missing_values("iot:Publish", &context).is_empty());
        context.client_id = Some("m".into());
        context.source_ip = Some("10.0.0.1".into());
        assert!(
            !set.missing_values("iot:Connect", &context)
                .contains(&"iot:ClientId".to_owned())
        );
    }
}
