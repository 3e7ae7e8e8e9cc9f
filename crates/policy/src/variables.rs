// SPDX-License-Identifier: Apache-2.0
//! Policy variables and condition keys: the same names, looked up in a [`Context`].
//!
//! Names are case-insensitive, as IAM's; attribute names inside `[]` are not. Source: AWS IoT
//! developer guide, `iot-policy-variables` and its three subpages.

mod certificate;
mod thing;

use crate::Context;
use crate::unresolved::Cause;

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    One(&'a str),
    /// All values; never empty.
    Many(Vec<&'a str>),
}

/// The value of condition key `name`.
pub(crate) fn key<'a>(context: &'a Context, name: &str) -> Result<Value<'a>, Cause> {
    if let Some(rest) = strip(name, "iot:Connection.Thing.") {
        return thing::lookup(context, rest).map(Value::One);
    }
    if let Some(rest) = strip(name, "iot:Certificate.") {
        return certificate::lookup(context, rest);
    }
    let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
    if is("iot:ClientId") {
        return context
            .mqtt_client()
            .map(Value::One)
            .ok_or(Cause::NoMqttClient);
    }
    if is("iot:ConnectAttributes") {
        return many(&context.connect_attributes).ok_or(Cause::NotKnown);
    }
    let known = if is("aws:SourceIp") {
        &context.source_ip
    } else if is("iot:DomainName") {
        &context.domain_name
    } else if is("iot:LastWillTopic") {
        &context.last_will_topic
    } else if is("iot:CertificateId") {
        let certificate = context.certificate.as_ref().ok_or(Cause::NoCertificate)?;
        &certificate.certificate_id
    } else {
        return Err(Cause::NotAVariable);
    };
    known.as_deref().map(Value::One).ok_or(Cause::NotKnown)
}

/// The text that replaces `${name}`.
///
/// A certificate's value that holds one of `* $ + ? #` replaces nothing. Other values are taken as
/// plain text: a client id `+` does give `topicfilter/x/+`, as AWS warns.
pub(crate) fn text<'a>(context: &'a Context, name: &str) -> Result<&'a str, Cause> {
    match key(context, name)? {
        Value::Many(_) => Err(Cause::ManyValues),
        Value::One(value)
            if strip(name, "iot:Certificate.").is_some()
                && value.contains(['*', '$', '+', '?', '#']) =>
        {
            Err(Cause::SpecialCharacter)
        }
        Value::One(value) => Ok(value),
    }
}

fn many(values: &[String]) -> Option<Value<'_>> {
    if values.is_empty() {
        return None;
    }
    Some(Value::Many(values.iter().map(String::as_str).collect()))
}

/// `text` without `prefix`, whatever the case of the prefix.
fn strip<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}
