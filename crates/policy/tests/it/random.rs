// SPDX-License-Identifier: Apache-2.0
//! Random documents and contexts over a small vocabulary, so that things meet.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

const RESOURCES: [&str; 14] = [
    "*",
    "r:topic/a",
    "r:topic/a/*",
    "r:topic/*/b",
    "r:topic/?",
    "r:topic/${iot:ClientId}",
    "r:topic/${iot:Connection.Thing.ThingName}/*",
    "r:topic/${iot:Certificate.Subject.CommonName}",
    "r:topic/${iot:Certificate.Subject.CommonName.1}/b",
    "r:topic/${iot:Connection.Thing.Attributes[n]}",
    "r:topic/${iot:Nothing}",
    "r:topicfilter/*",
    "r:topic/a${*}",
    "r:client/${iot:ClientId}",
];

pub const NAMES: [&str; 9] = [
    "r:topic/a",
    "r:topic/b",
    "r:topic/a/b",
    "r:topic/a/a",
    "r:topic/a*",
    "r:topic/${iot:Nothing}",
    "r:topicfilter/a/#",
    "r:client/a",
    "r:topic/",
];

const ACTIONS: [&str; 7] = [
    "*",
    "iot:*",
    "iot:Publish",
    "iot:*Publish",
    "iot:Receive",
    "iot:connect",
    "iot:Other",
];

const OPERATORS: [&str; 14] = [
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringEqualsIfExists",
    "ForAllValues:StringEquals",
    "ForAllValues:StringNotLike",
    "ForAnyValue:StringEquals",
    "ForAnyValue:StringNotEquals",
    "ForAnyValue:StringLikeIfExists",
    "NumericLessThan",
    "NumericNotEquals",
    "Null",
];

const KEYS: [&str; 8] = [
    "iot:ClientId",
    "iot:ConnectAttributes",
    "iot:Connection.Thing.ThingName",
    "iot:Connection.Thing.IsAttached",
    "iot:Connection.Thing.Attributes[n]",
    "iot:Certificate.Subject.CommonName",
    "iot:Certificate.Subject.CommonName.List",
    "aws:SourceIp",
];

const VALUES: [&str; 8] = [
    "a",
    "b",
    "A",
    "?",
    "a*",
    "${iot:ClientId}",
    "LastWill",
    "${iot:Connection.Thing.ThingName}",
];

fn some_of(words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop::collection::vec(select(words), 1..3).prop_map(|words| json!(words))
}

fn condition() -> impl Strategy<Value = (String, Value)> {
    select(&OPERATORS[..]).prop_flat_map(|operator| {
        let values = match operator {
            "Null" => some_of(&["true", "false"]).boxed(),
            _ if operator.starts_with("Numeric") => some_of(&["1", "2", "-3"]).boxed(),
            _ => some_of(&VALUES).boxed(),
        };
        (select(&KEYS[..]), values)
            .prop_map(move |(key, values)| (operator.to_owned(), json!({ key: values })))
    })
}

fn statement() -> impl Strategy<Value = Value> {
    let names = (
        any::<bool>(),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
    );
    let conditions = prop::collection::vec(condition(), 0..2);
    (names, some_of(&ACTIONS), some_of(&RESOURCES), conditions).prop_map(
        |((deny, not_action, not_resource), actions, resources, conditions)| {
            let mut statement = Map::new();
            statement.insert("Effect".into(), json!(if deny { "Deny" } else { "Allow" }));
            statement.insert(
                if not_action { "NotAction" } else { "Action" }.into(),
                actions,
            );
            let resource = if not_resource {
                "NotResource"
            } else {
                "Resource"
            };
            statement.insert(resource.into(), resources);
            statement.insert(
                "Condition".into(),
                Value::Object(conditions.into_iter().collect()),
            );
            Value::Object(statement)
        },
    )
}

/// Up to three documents of up to three statements.
pub fn policies() -> impl Strategy<Value = Vec<Value>> {
    let document = (
        prop::collection::vec(statement(), 1..4),
        prop::bool::weighted(0.9),
    )
        .prop_map(|(statements, new)| {
            let version = if new { "2012-10-17" } else { "2008-10-17" };
            json!({"Version": version, "Statement": statements})
        });
    prop::collection::vec(document, 0..4)
}

/// A context with any of its parts.
pub fn context() -> impl Strategy<Value = Value> {
    let name = || prop::option::of(select(&["a", "b", "a*"][..]));
    let thing = (name(), any::<bool>(), any::<bool>(), name()).prop_map(
        |(name, attached, exclusive, attribute)| {
            json!({"thingName": name.unwrap_or("a"), "attached": attached,
                "exclusive": exclusive, "attributes": {"n": attribute.unwrap_or("1")}})
        },
    );
    let certificate = prop::collection::vec(select(&["a", "b", "a*"][..]), 0..3)
        .prop_filter("an empty list is no attribute", |names| !names.is_empty())
        .prop_map(|names| json!({"certificateId": "c", "Subject.CommonName": names}));
    let attributes = prop::collection::vec(select(&["LastWill", "PersistentConnect"][..]), 0..3);
    (
        name(),
        prop::option::of(thing),
        prop::option::of(certificate),
        attributes,
        any::<bool>(),
    )
        .prop_map(|(client, thing, certificate, attributes, http)| {
            json!({"clientId": client, "thing": thing, "certificate": certificate,
                "connectAttributes": attributes, "protocol": if http { "HTTP" } else { "MQTT" }})
        })
}
