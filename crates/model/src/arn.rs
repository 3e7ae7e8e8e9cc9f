// SPDX-License-Identifier: Apache-2.0
//! Amazon Resource Names of the `iot` service: `arn:aws:iot:REGION:ACCOUNT:KIND/NAME`.

use crate::AccountId;

/// Resource kinds that have ARNs, spelled as in the ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A thing of the registry.
    Thing,
    /// A type of things.
    ThingType,
    /// A group of things.
    ThingGroup,
    /// A device certificate; its name is the certificate id.
    Cert,
    /// An AWS IoT policy.
    Policy,
    /// A custom authorizer.
    Authorizer,
    /// A topic, for Publish and Receive.
    Topic,
    /// A topic filter, for Subscribe.
    TopicFilter,
    /// An MQTT client id, for Connect.
    Client,
}

impl Kind {
    /// As it stands in the ARN.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Thing => "thing",
            Kind::ThingType => "thingtype",
            Kind::ThingGroup => "thinggroup",
            Kind::Cert => "cert",
            Kind::Policy => "policy",
            Kind::Authorizer => "authorizer",
            Kind::Topic => "topic",
            Kind::TopicFilter => "topicfilter",
            Kind::Client => "client",
        }
    }
}

/// Builds an ARN.
pub fn iot(region: &str, account: AccountId, kind: Kind, name: &str) -> String {
    format!("arn:aws:iot:{region}:{account}:{}/{name}", kind.as_str())
}

/// The certificate id or other name behind `KIND/` if `arn` is an ARN of this account and kind,
/// whatever its region.
pub fn name_in(arn: &str, account: AccountId, kind: Kind) -> Option<&str> {
    let mut parts = arn.splitn(6, ':');
    let mut is = |wanted: &str| parts.next().is_some_and(|part| part == wanted);
    if !(is("arn") && is("aws") && is("iot")) {
        return None;
    }
    parts.next()?;
    if parts.next()?.parse() != Ok(account) {
        return None;
    }
    parts.next()?.strip_prefix(kind.as_str())?.strip_prefix('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_and_takes_apart() {
        let arn = iot("eu-west-1", AccountId::FIRST, Kind::Thing, "a:b");
        assert_eq!(arn, "arn:aws:iot:eu-west-1:000000000001:thing/a:b");
        assert_eq!(name_in(&arn, AccountId::FIRST, Kind::Thing), Some("a:b"));
        assert_eq!(name_in(&arn, AccountId::FIRST, Kind::Cert), None);
        assert_eq!(name_in(&arn, AccountId::MAX, Kind::Thing), None);
        assert_eq!(name_in("arn:aws:iot", AccountId::FIRST, Kind::Thing), None);
        let group = iot("eu-west-1", AccountId::FIRST, Kind::ThingGroup, "g");
        assert_eq!(name_in(&group, AccountId::FIRST, Kind::Thing), None);
        assert_eq!(
            name_in(&group, AccountId::FIRST, Kind::ThingGroup),
            Some("g")
        );
    }
}
