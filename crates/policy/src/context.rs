// SPDX-License-Identifier: Apache-2.0
//! What is known of the one who asks: connection, certificate, thing.
//!
//! Deserialises from the JSON of `headwater policy test`; a scalar may stand where a list is
//! expected, unknown keys are ignored, except in `certificate`, where they are kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// The circumstances of a request. Absent fields are unknown, and variables that need them stay
/// unresolved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Context {
    /// The MQTT client id; `None` means there is no MQTT client (HTTP).
    pub client_id: Option<String>,
    /// The thing of the connection, if the registry has one.
    pub thing: Option<Thing>,
    /// The certificate that the peer showed.
    pub certificate: Option<Certificate>,
    /// The peer's IP address, v4 or v6.
    pub source_ip: Option<String>,
    /// `PersistentConnect`, `LastWill`: what CONNECT asks for.
    #[serde(deserialize_with = "list")]
    pub connect_attributes: Vec<String>,
    /// The ARN of the will's topic.
    pub last_will_topic: Option<String>,
    /// How the request came in.
    #[serde(deserialize_with = "protocol")]
    pub protocol: Protocol,
    /// The server name of the TLS handshake (SNI), or the HTTP host.
    pub domain_name: Option<String>,
}

/// How a request came in. Client id and thing variables exist over MQTT only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Protocol {
    /// MQTT, over TLS or WebSocket.
    #[default]
    #[serde(rename = "MQTT", alias = "mqtt")]
    Mqtt,
    /// HTTPS publish and other HTTP APIs.
    #[serde(rename = "HTTP", alias = "http", alias = "HTTPS", alias = "https")]
    Http,
}

/// A thing as policies see it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Thing {
    /// Its name in the registry.
    pub thing_name: String,
    /// Whether the principal is attached to it.
    #[serde(deserialize_with = "flag")]
    pub attached: bool,
    /// Whether the attachment is `EXCLUSIVE_THING`: then the client id need not be the thing name.
    #[serde(deserialize_with = "flag")]
    pub exclusive: bool,
    /// Its type, if it has one.
    pub thing_type_name: Option<String>,
    /// Its attributes.
    #[serde(deserialize_with = "attributes")]
    pub attributes: BTreeMap<String, String>,
}

/// A certificate as policies see it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "BTreeMap<String, Values>")]
pub struct Certificate {
    /// Lower-case hex SHA-256 of the DER.
    pub certificate_id: Option<String>,
    /// Attributes by their name behind `iot:Certificate.`: `SerialNumber`, `Subject.CommonName`,
    /// `Issuer.Country`, `Subject.AlternativeName.DNSName`; each with all its values in order.
    pub fields: BTreeMap<String, Vec<String>>,
}

impl From<BTreeMap<String, Values>> for Certificate {
    fn from(map: BTreeMap<String, Values>) -> Self {
        let mut certificate = Certificate::default();
        for (key, values) in map {
            let values = Vec::from(values);
            if key == "certificateId" {
                certificate.certificate_id = values.into_iter().next();
            } else {
                certificate.fields.insert(key, values);
            }
        }
        certificate
    }
}

/// A JSON scalar as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Flag(bool),
    Whole(i64),
    Fraction(f64),
}

impl From<Scalar> for String {
    fn from(scalar: Scalar) -> String {
        match scalar {
            Scalar::Text(text) => text,
            Scalar::Flag(flag) => flag.to_string(),
            Scalar::Whole(number) => number.to_string(),
            Scalar::Fraction(number) => number.to_string(),
        }
    }
}

/// A list, one scalar, or null.
#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    Many(Vec<Scalar>),
    One(Scalar),
    None(()),
}

impl From<Values> for Vec<String> {
    fn from(values: Values) -> Vec<String> {
        match values {
            Values::Many(many) => many.into_iter().map(String::from).collect(),
            Values::One(one) => vec![one.into()],
            Values::None(()) => Vec::new(),
        }
    }
}

fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Values::deserialize(deserializer).map(Vec::from)
}

fn attributes<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let map = Option::<BTreeMap<String, Values>>::deserialize(deserializer)?.unwrap_or_default();
    let first = |values| Vec::from(values).into_iter().next();
    Ok(map
        .into_iter()
        .filter_map(|(key, values)| Some((key, first(values)?)))
        .collect())
}

fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(list(deserializer)?
        .first()
        .is_some_and(|text| text.eq_ignore_ascii_case("true")))
}

fn protocol<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Protocol, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Context {
    /// The client id, if there is an MQTT client.
    pub(crate) fn mqtt_client(&self) -> Option<&str> {
        match self.protocol {
            Protocol::Mqtt => self.client_id.as_deref(),
            Protocol::Http => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_contract() {
        let json = r#"{"clientId":"m1","thing":{"thingName":"m1","attached":true,
            "thingTypeName":"meter","attributes":{"city":"Ath","floor":3}},
            "certificate":{"certificateId":"ab","SerialNumber":"0A",
            "Subject.CommonName":["x","y"],"Issuer.Country":"GR","Extra":1},
            "sourceIp":"10.0.0.1","connectAttributes":["LastWill"],
            "lastWillTopic":"arn:aws:iot:r:1:topic/w","protocol":"MQTT","other":null}"#;
        let context: Context = serde_json::from_str(json).unwrap();
        let thing = context.thing.as_ref().unwrap();
        assert_eq!((thing.attached, thing.exclusive), (true, false));
        assert_eq!(thing.attributes["floor"], "3");
        let certificate = context.certificate.as_ref().unwrap();
        assert_eq!(certificate.certificate_id.as_deref(), Some("ab"));
        assert_eq!(certificate.fields["Subject.CommonName"], ["x", "y"]);
        assert_eq!(certificate.fields["Issuer.Country"], ["GR"]);
        assert_eq!(certificate.fields["Extra"], ["1"]);
        assert_eq!(context.mqtt_client(), Some("m1"));
    }

    #[test]
    fn nulls_are_absent() {
        let json = r#"{"clientId":null,"thing":null,"certificate":null,"connectAttributes":null,
            "protocol":null}"#;
        assert_eq!(
            serde_json::from_str::<Context>(json).unwrap(),
            Context::default()
        );
    }
}
