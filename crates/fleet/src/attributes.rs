// SPDX-License-Identifier: Apache-2.0
//! Attributes of things and groups: how many, how they change, and how they are stored.

use std::collections::BTreeMap;

use hw_model::name;

use crate::FleetError;

/// Most attributes of a thing without a type, as on AWS IoT.
pub const OF_UNTYPED_THING_MAX: usize = 3;

/// Most attributes of a thing with a type, and of a group, as on AWS IoT.
pub const ATTRIBUTES_MAX: usize = 50;

type Attributes = BTreeMap<String, String>;

/// Checks those of a thing.
pub(crate) fn check_of_thing(attributes: &Attributes, has_type: bool) -> Result<(), FleetError> {
    if !has_type && attributes.len() > OF_UNTYPED_THING_MAX {
        return Err(FleetError::Invalid(format!(
            "a thing without a type has at most {OF_UNTYPED_THING_MAX} attributes; with one, \
             {ATTRIBUTES_MAX}"
        )));
    }
    check(attributes)
}

/// Checks names, values and how many there are.
pub(crate) fn check(attributes: &Attributes) -> Result<(), FleetError> {
    if attributes.len() > ATTRIBUTES_MAX {
        return Err(FleetError::Invalid(format!(
            "there can be at most {ATTRIBUTES_MAX} attributes"
        )));
    }
    for (key, value) in attributes {
        name::attribute(key)?;
        name::attribute_value(value)?;
    }
    Ok(())
}

/// Puts new ones in the place of all, or beside those that are not named. One with an empty value
/// goes.
pub(crate) fn change(attributes: &mut Attributes, new: &Attributes, merge: bool) {
    if !merge {
        attributes.clear();
    }
    attributes.extend(new.clone());
    attributes.retain(|_, value| !value.is_empty());
}

/// As they are stored: a JSON object.
pub(crate) fn text(attributes: &Attributes) -> String {
    serde_json::to_string(attributes).expect("a map of strings is JSON")
}

/// From what is stored.
pub(crate) fn read(text: &str) -> Result<Attributes, FleetError> {
    serde_json::from_str(text)
        .map_err(|error| FleetError::Invalid(format!("stored attributes: {error}")))
}
