// SPDX-License-Identifier: Apache-2.0
//! Policy documents: every element, operator and variable of the language somewhere.

use serde_json::{Value, json};

use crate::Seeds;

const VARIABLES: [&str; 14] = [
    "iot:ClientId",
    "aws:SourceIp",
    "iot:Connection.Thing.ThingName",
    "iot:Connection.Thing.ThingTypeName",
    "iot:Connection.Thing.Attributes[city]",
    "iot:Connection.Thing.IsAttached",
    "iot:Certificate.Subject.CommonName",
    "iot:Certificate.Subject.CommonName.1",
    "iot:Certificate.Issuer.Organization.List",
    "iot:Certificate.SerialNumber",
    "iot:CertificateId",
    "iot:ConnectAttributes",
    "iot:LastWillTopic",
    "iot:DomainName",
];

const CONDITIONS: [(&str, &str, &str); 26] = [
    ("StringEquals", "iot:ClientId", "m1"),
    ("StringNotEquals", "iot:ClientId", "m2"),
    ("StringEqualsIgnoreCase", "iot:ClientId", "M1"),
    ("StringNotEqualsIgnoreCase", "iot:ClientId", "M2"),
    ("StringLike", "iot:Connection.Thing.ThingName", "m*"),
    ("StringNotLike", "iot:Connection.Thing.ThingName", "?2"),
    ("StringEqualsIfExists", "iot:Nothing", "x"),
    (
        "NumericEquals",
        "iot:Connection.Thing.Attributes[floor]",
        "3",
    ),
    (
        "NumericNotEquals",
        "iot:Connection.Thing.Attributes[floor]",
        "-3.5e2",
    ),
    (
        "NumericLessThan",
        "iot:Connection.Thing.Attributes[floor]",
        "10",
    ),
    (
        "NumericLessThanEquals",
        "iot:Connection.Thing.Attributes[floor]",
        "10",
    ),
    (
        "NumericGreaterThan",
        "iot:Connection.Thing.Attributes[floor]",
        "0",
    ),
    (
        "NumericGreaterThanEquals",
        "iot:Connection.Thing.Attributes[floor]",
        "0",
    ),
    ("DateEquals", "aws:CurrentTime", "2013-06-30T00:00:00Z"),
    (
        "DateLessThan",
        "aws:CurrentTime",
        "2030-02-29T23:59:60+01:00",
    ),
    ("DateGreaterThan", "aws:EpochTime", "1372550400"),
    ("Bool", "iot:Connection.Thing.IsAttached", "true"),
    ("BinaryEquals", "iot:ClientId", "bTE="),
    ("IpAddress", "aws:SourceIp", "192.0.2.0/24"),
    ("NotIpAddress", "aws:SourceIp", "2001:db8::/32"),
    (
        "ArnEquals",
        "iot:LastWillTopic",
        "arn:aws:iot:*:*:topic/lost/${iot:ClientId}",
    ),
    ("ArnLike", "iot:LastWillTopic", "arn:aws:iot:eu-?:1:topic/*"),
    (
        "ArnNotLike",
        "iot:LastWillTopic",
        "arn:aws:iot:*:*:topic/secret/*",
    ),
    ("Null", "iot:ClientId", "false"),
    (
        "ForAllValues:StringEquals",
        "iot:ConnectAttributes",
        "LastWill",
    ),
    (
        "ForAnyValue:StringLike",
        "iot:Certificate.Subject.CommonName.List",
        "m*",
    ),
];

fn document(statement: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statement})
}

/// Good documents, and some that miss by a little.
pub fn all() -> Seeds {
    let arn = |name: &str| format!("arn:aws:iot:eu-central-1:000000000001:{name}");
    let mut seeds = vec![
        document(json!([
            {"Effect": "Allow", "Action": "iot:Connect", "Resource": arn("client/${iot:ClientId}")},
            {"Effect": "Allow", "Action": ["iot:Publish", "iot:Receive"],
                "Resource": arn("topic/meters/*")},
            {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": arn("topicfilter/meters/+/#")},
            {"Sid": "no", "Effect": "Deny", "NotAction": "iot:C*t", "NotResource": [arn("topic/?")]},
        ])),
        json!({"Version": "2008-10-17", "Id": "x", "Statement":
            {"Effect": "Allow", "Action": "*", "Resource": "*${iot:ClientId}"}}),
        document(json!({"Effect": "Allow", "Action": "*", "Resource": "${*}${?}${$}$${${a}}"})),
        document(json!({"Effect": "Allow", "Action": "iot:", "Resource": "a"})),
        document(json!([])),
        json!({"Statement": {"Effect": "allow", "Principal": "*"}, "Other": [null, 1.5, true]}),
    ];
    seeds.extend(VARIABLES.map(|name| {
        let resource = arn(&format!("topic/meters/${{{name}}}/data"));
        document(json!({"Effect": "Allow", "Action": "iot:*", "Resource": resource}))
    }));
    seeds.extend(CONDITIONS.map(|(operator, key, value)| {
        document(
            json!({"Effect": "Allow", "Action": "iot:Receive", "Resource": "*",
            "Condition": {operator: {key: [value, "b"]}}}),
        )
    }));
    let texts = seeds.iter().map(Value::to_string);
    let twice = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Effect":"Allow"}}"#;
    texts
        .chain([twice.to_owned(), "[".repeat(200)])
        .map(String::into_bytes)
        .collect()
}
