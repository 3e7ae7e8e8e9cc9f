// SPDX-License-Identifier: Apache-2.0
//! Properties of MQTT 5 in the query and headers of a publish.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hw_mqtt::{Properties, Property, PropertyBuf};
use serde_json::{Value, json};

use crate::error::AwsError;
use crate::input::Input;

/// User properties of one message.
const USER_PROPERTIES_MAX: usize = 100;

/// The properties, encoded without their length.
pub(super) fn properties(input: &Input) -> Result<Vec<u8>, AwsError> {
    let mut out = PropertyBuf::default();
    let mut push = |property: Property<'_>| {
        let pushed = out.push(property).map(|_| ());
        pushed.map_err(|error| AwsError::invalid(format!("MQTT 5 properties: {error}")))
    };
    match input.header("x-amz-mqtt5-payload-format-indicator") {
        None | Some("UNSPECIFIED_BYTES") => {}
        Some("UTF8_DATA") => push(Property::PayloadFormatIndicator(true))?,
        Some(_) => {
            return Err(AwsError::invalid(
                "payloadFormatIndicator is UTF8_DATA or UNSPECIFIED_BYTES",
            ));
        }
    }
    if let Some(seconds) = input.number("messageExpiry")? {
        let seconds = u32::try_from(seconds)
            .map_err(|_| AwsError::invalid("messageExpiry must be seconds from 0 to 4294967295"))?;
        push(Property::MessageExpiryInterval(seconds))?;
    }
    if let Some(kind) = input.query("contentType") {
        push(Property::ContentType(kind))?;
    }
    if let Some(topic) = input.query("responseTopic") {
        push(Property::ResponseTopic(topic))?;
    }
    if let Some(text) = input.header("x-amz-mqtt5-correlation-data") {
        let data = STANDARD.decode(text);
        let data = data.map_err(|_| AwsError::invalid("correlationData must be base64"))?;
        push(Property::CorrelationData(&data))?;
    }
    if let Some(text) = input.header("x-amz-mqtt5-user-properties") {
        for (name, value) in user_properties(text)? {
            push(Property::UserProperty(&name, &value))?;
        }
    }
    Ok(out.as_properties().raw().to_vec())
}

/// The user properties of a message as a JSON array of objects; `None` if it has none.
pub(super) fn user_properties_of(raw: &[u8]) -> Option<String> {
    let pairs: Vec<Value> = Properties::from_raw(raw)
        .iter()
        .filter_map(|property| match property {
            Property::UserProperty(name, value) => Some(json!({ name: value })),
            _ => None,
        })
        .collect();
    (!pairs.is_empty()).then(|| Value::Array(pairs).to_string())
}

/// Base64 of a JSON array of objects; callers of boto3 that pass text make it a JSON string with
/// that array inside.
fn user_properties(text: &str) -> Result<Vec<(String, String)>, AwsError> {
    let wrong =
        || AwsError::invalid("userProperties must be base64 of a JSON array of objects with texts");
    let bytes = STANDARD.decode(text).map_err(|_| wrong())?;
    let mut value: Value = serde_json::from_slice(&bytes).map_err(|_| wrong())?;
    if let Value::String(inner) = &value {
        value = serde_json::from_str(inner).map_err(|_| wrong())?;
    }
    let mut pairs = Vec::new();
    for object in value.as_array().ok_or_else(wrong)? {
        for (name, value) in object.as_object().ok_or_else(wrong)? {
            let value = value.as_str().ok_or_else(wrong)?;
            pairs.push((name.clone(), value.to_owned()));
        }
    }
    if pairs.len() > USER_PROPERTIES_MAX {
        let message = format!("a message has at most {USER_PROPERTIES_MAX} user properties");
        return Err(AwsError::invalid(message));
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_or_json() {
        let pair = vec![("a".to_owned(), "1".to_owned()), ("b".into(), "2".into())];
        let array = r#"[{"a":"1"},{"b":"2"}]"#;
        let string = serde_json::to_string(array).expect("text");
        for json in [array, &string] {
            let pairs = user_properties(&STANDARD.encode(json));
            assert_eq!(pairs.ok().as_ref(), Some(&pair), "{json}");
        }
        for bad in ["{}", "[1]", "[{\"a\":1}]", "x", ""] {
            assert!(user_properties(&STANDARD.encode(bad)).is_err(), "{bad}");
        }
        assert!(user_properties("no base64").is_err());
    }
}
