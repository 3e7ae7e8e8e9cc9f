// SPDX-License-Identifier: Apache-2.0
//! The policy that devices get when nobody has said which: one for all of an account, by variables.

use hw_model::AccountId;

use crate::{Identity, IdentityError};

/// Its name.
pub const DEVICE_POLICY: &str = "headwater-device";

/// A device connects with its thing's name as client id, and has what is under `devices/NAME` and
/// `$aws/things/NAME`. The last statement is for HTTPS publish: there is no client id and so no
/// thing in variables, as on AWS IoT; but certificates that are made for a thing have its name as
/// their common name (`certificates/for_thing.rs`).
const DOCUMENT: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "iot:Connect",
      "Resource": "arn:aws:iot:*:*:client/${iot:Connection.Thing.ThingName}"
    },
    {
      "Effect": "Allow",
      "Action": ["iot:Publish", "iot:RetainPublish", "iot:Receive"],
      "Resource": [
        "arn:aws:iot:*:*:topic/devices/${iot:Connection.Thing.ThingName}/*",
        "arn:aws:iot:*:*:topic/$aws/things/${iot:Connection.Thing.ThingName}/*"
      ]
    },
    {
      "Effect": "Allow",
      "Action": "iot:Subscribe",
      "Resource": [
        "arn:aws:iot:*:*:topicfilter/devices/${iot:Connection.Thing.ThingName}/*",
        "arn:aws:iot:*:*:topicfilter/$aws/things/${iot:Connection.Thing.ThingName}/*"
      ]
    },
    {
      "Effect": "Allow",
      "Action": ["iot:Publish", "iot:RetainPublish"],
      "Resource": [
        "arn:aws:iot:*:*:topic/devices/${iot:Certificate.Subject.CommonName}/*",
        "arn:aws:iot:*:*:topic/$aws/things/${iot:Certificate.Subject.CommonName}/*"
      ]
    }
  ]
}"#;

impl Identity {
    /// Makes the account's device policy if it has none of that name. Says whether it did.
    pub async fn ensure_device_policy(&self, account: AccountId) -> Result<bool, IdentityError> {
        match self.policy(account, DEVICE_POLICY).await {
            Err(IdentityError::NotFound { .. }) => {}
            found => return found.map(|_| false),
        }
        match self.create_policy(account, DEVICE_POLICY, DOCUMENT).await {
            // Somebody else came first.
            Err(IdentityError::Exists { .. }) => Ok(false),
            made => made.map(|_| true),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hw_policy::{Certificate, Context, Document, Named, PolicySet, Protocol, Request, Thing};

    use super::DOCUMENT;

    fn may(context: &Context, action: &str, resource: &str) -> bool {
        let document = Document::parse(DOCUMENT).expect("is one");
        let set = PolicySet::new(vec![Named {
            name: "p".into(),
            version: None,
            document: Arc::new(document),
        }]);
        let resource = format!("arn:aws:iot:eu-west-1:000000000001:{resource}");
        let request = Request {
            action,
            resource: &resource,
            context,
        };
        hw_policy::evaluate(&set, &request).effect.is_allowed()
    }

    fn context(client_id: Option<&str>) -> Context {
        Context {
            client_id: client_id.map(str::to_owned),
            thing: Some(Thing {
                thing_name: "pump-1".into(),
                attached: true,
                ..Thing::default()
            }),
            protocol: match client_id {
                Some(_) => Protocol::Mqtt,
                None => Protocol::Http,
            },
            ..Context::default()
        }
    }

    #[test]
    fn a_device_has_its_own_topics_and_no_others() {
        let own = context(Some("pump-1"));
        for (action, resource, allowed) in [
            ("iot:Connect", "client/pump-1", true),
            ("iot:Connect", "client/pump-2", false),
            ("iot:Publish", "topic/devices/pump-1/telemetry", true),
            ("iot:RetainPublish", "topic/devices/pump-1/state", true),
            ("iot:Receive", "topic/devices/pump-1/commands", true),
            ("iot:Publish", "topic/devices/pump-2/telemetry", false),
            ("iot:Publish", "topic/devices/pump-1", false),
            (
                "iot:Publish",
                "topic/$aws/things/pump-1/shadow/update",
                true,
            ),
            ("iot:Subscribe", "topicfilter/devices/pump-1/#", true),
            (
                "iot:Subscribe",
                "topicfilter/$aws/things/pump-1/shadow/+",
                true,
            ),
            ("iot:Subscribe", "topicfilter/devices/+/telemetry", false),
            ("iot:Subscribe", "topicfilter/#", false),
        ] {
            assert_eq!(may(&own, action, resource), allowed, "{action} {resource}");
        }
        let stranger = context(Some("pump-2"));
        assert!(!may(&stranger, "iot:Connect", "client/pump-1"));
        assert!(!may(&stranger, "iot:Publish", "topic/devices/pump-1/a"));
    }

    #[test]
    fn by_https_the_certificate_says_which_thing_it_is() {
        let mut https = context(None);
        assert!(!may(&https, "iot:Publish", "topic/devices/pump-1/a"));
        let common_name = ("Subject.CommonName".to_owned(), vec!["pump-1".to_owned()]);
        https.certificate = Some(Certificate {
            fields: [common_name].into(),
            ..Certificate::default()
        });
        assert!(may(&https, "iot:Publish", "topic/devices/pump-1/a"));
        assert!(!may(&https, "iot:Publish", "topic/devices/pump-2/a"));
        assert!(!may(
            &https,
            "iot:Subscribe",
            "topicfilter/devices/pump-1/a"
        ));
    }
}
