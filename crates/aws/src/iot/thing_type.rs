// SPDX-License-Identifier: Apache-2.0
//! Thing types in bodies and answers.

use hw_fleet::ThingType;
use hw_fleet::types::TypeProperties;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{arns, shapes};
use crate::error::AwsError;
use crate::operation::Call;

/// `thingTypeProperties`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Properties {
    pub thing_type_description: Option<String>,
    pub searchable_attributes: Option<Vec<String>>,
    mqtt5_configuration: Option<Mqtt5Configuration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mqtt5Configuration {
    propagating_attributes: Option<Vec<Value>>,
}

impl Properties {
    /// What is not done is refused, not dropped: attributes of things are not put into messages.
    pub fn check(&self) -> Result<(), AwsError> {
        let configuration = self.mqtt5_configuration.as_ref();
        let propagating = configuration.and_then(|it| it.propagating_attributes.as_ref());
        if propagating.is_some_and(|attributes| !attributes.is_empty()) {
            return Err(AwsError::invalid(
                "mqtt5Configuration: this release of Headwater puts no attributes of things into \
                 messages; leave propagatingAttributes out",
            ));
        }
        Ok(())
    }

    /// Those of a new type.
    pub fn make(self) -> Result<TypeProperties, AwsError> {
        self.check()?;
        Ok(TypeProperties {
            description: self.thing_type_description,
            searchable_attributes: self.searchable_attributes.unwrap_or_default(),
        })
    }
}

/// What DescribeThingType and ListThingTypes have in common.
pub(crate) fn described(call: &Call<'_>, thing_type: &ThingType) -> Value {
    let properties = &thing_type.properties;
    let searchable = Some(&properties.searchable_attributes).filter(|names| !names.is_empty());
    json!({
        "thingTypeName": thing_type.name,
        "thingTypeArn": arns::thing_type(call, &thing_type.name),
        "thingTypeProperties": shapes::without_nulls(json!({
            "thingTypeDescription": properties.description,
            "searchableAttributes": searchable,
        })),
        "thingTypeMetadata": shapes::without_nulls(json!({
            "deprecated": thing_type.deprecated.is_some(),
            "deprecationDate": thing_type.deprecated.map(|since| since.seconds_f64()),
            "creationDate": thing_type.created.seconds_f64(),
        })),
    })
}
