// SPDX-License-Identifier: Apache-2.0
//! What units the metrics of an account have: of things of a type, or of all things. One document of
//! `hw_boards`, so that a change names the version that was read.

use std::collections::HashMap;

use hw_boards::{BoardsError, Document, Kind};
use hw_model::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::auth::Door;
use crate::error::ApiError;
use crate::limits::{METRIC_BYTES_MAX, UNIT_CHARS_MAX, UNITS_MAX};

/// The one document's id and title.
pub(crate) const ID: &str = "units";

/// The unit of a metric.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnitOf {
    /// Things of this type; null for all whose type says nothing of the metric.
    #[serde(default)]
    pub r#type: Option<String>,
    /// As in table `telemetry`.
    #[schemars(length(min = 1))]
    pub metric: String,
    /// As in `°C`.
    #[schemars(length(min = 1, max = 20))]
    pub unit: String,
}

/// Checks them, and puts them into order.
///
/// # Errors
/// `Invalid`, `Limit`.
pub(crate) fn settle(units: &mut [UnitOf]) -> Result<(), ApiError> {
    if units.len() > UNITS_MAX {
        let message = format!("an account has at most {UNITS_MAX} units (units_max)");
        return Err(ApiError::invalid(message));
    }
    for one in units.iter() {
        if !(1..=METRIC_BYTES_MAX).contains(&one.metric.len()) {
            return Err(ApiError::invalid(format!(
                "a metric's name has 1 to {METRIC_BYTES_MAX} bytes (metric_bytes_max)"
            )));
        }
        let characters = one.unit.chars().count();
        if !(1..=UNIT_CHARS_MAX).contains(&characters) || one.unit.chars().any(char::is_control) {
            return Err(ApiError::invalid(format!(
                "the unit of {} has 1 to {UNIT_CHARS_MAX} characters (unit_chars_max); leave one \
                 out that has none",
                one.metric
            )));
        }
    }
    units.sort();
    let same =
        |pair: &&[UnitOf]| pair[0].r#type == pair[1].r#type && pair[0].metric == pair[1].metric;
    match units.windows(2).find(same) {
        Some(pair) => {
            let message = format!(
                "{} has two units: {} and {}",
                pair[0].metric, pair[0].unit, pair[1].unit
            );
            Err(ApiError::invalid(message))
        }
        None => Ok(()),
    }
}

/// As they are kept, and the version; none, and 0, if nobody has said any.
///
/// # Errors
/// Those of the catalog.
pub(crate) async fn kept(door: &Door, account: AccountId) -> Result<(Vec<UnitOf>, i64), ApiError> {
    match door.deps.boards.document(account, Kind::Units, ID).await {
        Ok(document) => read(&document),
        Err(BoardsError::Missing { .. }) => Ok((Vec::new(), 0)),
        Err(error) => Err(error.into()),
    }
}

/// From what is kept.
///
/// # Errors
/// `Internal`: what is kept is none.
pub(crate) fn read(document: &Document) -> Result<(Vec<UnitOf>, i64), ApiError> {
    let units: Result<Vec<UnitOf>, _> = serde_json::from_str(&document.body);
    let units = units.map_err(|error| ApiError::internal(&error))?;
    Ok((units, document.listed.version))
}

/// Units, to look up.
pub(crate) struct Units(HashMap<(Option<String>, String), String>);

impl Units {
    /// Those of an account.
    ///
    /// # Errors
    /// Those of the catalog.
    pub(crate) async fn of_account(door: &Door, account: AccountId) -> Result<Self, ApiError> {
        let (units, _) = kept(door, account).await?;
        let units = units.into_iter();
        Ok(Self(
            units
                .map(|one| ((one.r#type, one.metric), one.unit))
                .collect(),
        ))
    }

    /// What its type says of a metric; else what holds for all.
    pub(crate) fn of(&self, thing_type: Option<&str>, metric: &str) -> Option<&str> {
        let of = |thing_type: Option<&str>| {
            let key = (thing_type.map(str::to_owned), metric.to_owned());
            self.0.get(&key).map(String::as_str)
        };
        thing_type
            .and_then(|name| of(Some(name)))
            .or_else(|| of(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(of_type: Option<&str>, metric: &str, unit: &str) -> UnitOf {
        UnitOf {
            r#type: of_type.map(str::to_owned),
            metric: metric.to_owned(),
            unit: unit.to_owned(),
        }
    }

    #[test]
    fn one_unit_each() {
        let mut units = [
            unit(Some("meter"), "flow", "l/min"),
            unit(None, "flow", "m³/h"),
        ];
        settle(&mut units).expect("they differ by type");
        assert_eq!(units[0].r#type, None, "in order");
        for wrong in [
            vec![unit(None, "flow", "a"), unit(None, "flow", "b")],
            vec![unit(None, "flow", "")],
            vec![unit(None, "", "a")],
            vec![unit(None, &"m".repeat(METRIC_BYTES_MAX + 1), "a")],
            vec![unit(None, "flow", "a\nb")],
            vec![unit(None, "flow", &"a".repeat(21))],
        ] {
            assert!(settle(&mut wrong.clone()).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_own_type_counts_more() {
        let all = [
            unit(None, "flow", "m³/h"),
            unit(Some("meter"), "flow", "l/min"),
        ];
        let all = all.map(|one| ((one.r#type, one.metric), one.unit));
        let units = Units(all.into());
        assert_eq!(units.of(Some("meter"), "flow"), Some("l/min"));
        assert_eq!(units.of(Some("pump"), "flow"), Some("m³/h"));
        assert_eq!(units.of(None, "flow"), Some("m³/h"));
        assert_eq!(units.of(None, "other"), None);
    }
}
