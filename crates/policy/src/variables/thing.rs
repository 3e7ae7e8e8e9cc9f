// SPDX-License-Identifier: Apache-2.0
//! `iot:Connection.Thing.*`: MQTT only, the certificate attached to the thing, and the client id
//! the thing's name unless the attachment is exclusive.
//!
//! Source: AWS IoT developer guide, `thing-policy-variables` and `exclusive-thing`.

use super::strip;
use crate::unresolved::Cause;
use crate::{Context, Thing};

/// `name` is what stands behind `iot:Connection.Thing.`.
pub(super) fn lookup<'a>(context: &'a Context, name: &str) -> Result<&'a str, Cause> {
    let thing = of_connection(context);
    if name.eq_ignore_ascii_case("IsAttached") {
        return match thing {
            Ok(_) => Ok("true"),
            Err(Cause::NoMqttClient) => Err(Cause::NoMqttClient),
            Err(_) => Ok("false"),
        };
    }
    if name.eq_ignore_ascii_case("ThingName") {
        return thing.map(|thing| thing.thing_name.as_str());
    }
    if name.eq_ignore_ascii_case("ThingTypeName") {
        return thing?.thing_type_name.as_deref().ok_or(Cause::NoThingType);
    }
    let attribute = strip(name, "Attributes[").and_then(|rest| rest.strip_suffix(']'));
    let attribute = attribute.ok_or(Cause::NotAVariable)?;
    thing?
        .attributes
        .get(attribute)
        .map(String::as_str)
        .ok_or(Cause::NoSuchAttribute)
}

fn of_connection(context: &Context) -> Result<&Thing, Cause> {
    let client_id = context.mqtt_client().ok_or(Cause::NoMqttClient)?;
    let thing = context.thing.as_ref().ok_or(Cause::NoThing)?;
    if !thing.attached {
        return Err(Cause::NotAttached);
    }
    if !thing.exclusive && thing.thing_name != client_id {
        return Err(Cause::ClientIdIsNotThingName);
    }
    Ok(thing)
}
