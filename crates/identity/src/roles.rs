// SPDX-License-Identifier: Apache-2.0
//! What keys and people may do as clients of MQTT and by HTTPS publish: as their role says.

use std::sync::{Arc, LazyLock};

use hw_policy::{Document, Named, PolicySet};

use crate::api_keys::Role;

/// What an access key may do anyway, by the AWS APIs: everything in its account.
const ADMIN: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"iot:*","Resource":"*"}]}"#;

/// Watching. Client ids are of a kind of their own, as are those that the server assigns here: who
/// only reads must not be able to take a device's place.
const READ: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"iot:Connect",
        "Resource":"arn:aws:iot:*:*:client/viewer-*"},
    {"Effect":"Allow","Action":["iot:Subscribe","iot:Receive"],"Resource":"*"}]}"#;

static OF_ADMIN: LazyLock<Arc<PolicySet>> = LazyLock::new(|| set("role admin", ADMIN));
static OF_READ: LazyLock<Arc<PolicySet>> = LazyLock::new(|| set("role read", READ));

/// The policies of a role.
pub(crate) fn policies(role: Role) -> Arc<PolicySet> {
    match role {
        Role::Admin => OF_ADMIN.clone(),
        Role::Read => OF_READ.clone(),
    }
}

fn set(name: &str, text: &str) -> Arc<PolicySet> {
    let document = Document::parse(text).expect("a test reads it");
    Arc::new(PolicySet::new(vec![Named {
        name: name.to_owned(),
        version: None,
        document: Arc::new(document),
    }]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hw_policy::{Context, Request, evaluate};

    fn may(role: Role, action: &str, resource: &str) -> bool {
        let resource = format!("arn:aws:iot:eu-west-1:000000000001:{resource}");
        let request = Request {
            action,
            resource: &resource,
            context: &Context::default(),
        };
        evaluate(&policies(role), &request).effect.is_allowed()
    }

    #[test]
    fn who_reads_disturbs_nobody() {
        let all = [
            ("iot:Connect", "client/viewer-1", true),
            ("iot:Connect", "client/meter-1", false),
            ("iot:Connect", "client/auto-1", false),
            ("iot:Subscribe", "topicfilter/#", true),
            ("iot:Receive", "topic/a", true),
            ("iot:Publish", "topic/a", false),
            ("iot:RetainPublish", "topic/a", false),
        ];
        for (action, resource, read) in all {
            assert_eq!(
                may(Role::Read, action, resource),
                read,
                "{action} {resource}"
            );
            assert!(may(Role::Admin, action, resource));
        }
    }
}
