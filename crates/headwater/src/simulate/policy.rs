// SPDX-License-Identifier: Apache-2.0
//! The policy of simulated meters: connect as oneself, publish to one's own topic, nothing else.

use serde_json::json;

use super::meter_number::TOPIC_PREFIX;

/// Its name in the account.
pub const NAME: &str = "simulated-water-meter";

/// The document; one for all meters, as the thing's name is a variable in it.
pub fn document(region: &str, account: &str) -> String {
    let arn = |kind: &str, name: &str| format!("arn:aws:iot:{region}:{account}:{kind}/{name}");
    let own = "${iot:Connection.Thing.ThingName}";
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "iot:Connect",
                "Resource": arn("client", own),
                "Condition": {"Bool": {"iot:Connection.Thing.IsAttached": "true"}},
            },
            {
                "Effect": "Allow",
                "Action": "iot:Publish",
                "Resource": arn("topic", &format!("{TOPIC_PREFIX}{own}")),
            },
        ],
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hw_policy::{Context, Document, Named, PolicySet, Request, Thing, evaluate};

    use super::*;
    use crate::simulate::imei;
    use crate::simulate::meter_number::topic;

    fn allowed(action: &str, resource: &str, attached: bool) -> bool {
        let document = Document::parse(&document("us-east-1", "000000000001")).unwrap();
        let policies = PolicySet::new(vec![Named {
            name: NAME.into(),
            version: None,
            document: Arc::new(document),
        }]);
        let context = Context {
            client_id: Some(imei(0)),
            thing: Some(Thing {
                thing_name: imei(0),
                attached,
                ..Thing::default()
            }),
            ..Context::default()
        };
        let resource = &format!("arn:aws:iot:us-east-1:000000000001:{resource}");
        evaluate(
            &policies,
            &Request {
                action,
                resource,
                context: &context,
            },
        )
        .effect
        .is_allowed()
    }

    #[test]
    fn tight() {
        let own_topic = format!("topic/{}", topic(&imei(0)));
        let other_topic = format!("topic/{}", topic(&imei(1)));
        assert!(allowed("iot:Connect", &format!("client/{}", imei(0)), true));
        assert!(allowed("iot:Publish", &own_topic, true));
        assert!(!allowed(
            "iot:Connect",
            &format!("client/{}", imei(1)),
            true
        ));
        assert!(!allowed(
            "iot:Connect",
            &format!("client/{}", imei(0)),
            false
        ));
        assert!(!allowed("iot:Publish", &other_topic, true));
        assert!(!allowed("iot:Subscribe", "topicfilter/#", true));
    }
}
