// SPDX-License-Identifier: Apache-2.0
//! `GET /api/v1/places`: where things are, for a map of ten thousand: what a map needs of each, in one
//! answer.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hw_fleet::Thing;
use hw_fleet::search::{LOOKED_AT_MAX, Search};
use hw_model::AccountId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::things::connected::connected;
use super::things::presence::{self, WantedPresence};
use super::things::{ShownValue, attributes, values_by_thing};
use crate::auth::{Caller, Door};
use crate::by_thing::{AsOf, Asked};
use crate::described::{Answer, Operation, fields};
use crate::error::ApiError;
use crate::input::Arguments;
use crate::limits::METRIC_BYTES_MAX;
use crate::place::{NAMES, Place};

/// The places of which things; all that is named must fit.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlacesWanted {
    /// A word in the name or in the value of an attribute, in any case.
    search: Option<String>,
    /// Thing type.
    r#type: Option<String>,
    /// Thing group: things in it, or in a group below it.
    group: Option<String>,
    /// `NAME` or `NAME:VALUE` of an attribute; several are parted by commas.
    attribute: Option<String>,
    /// How it is connected.
    presence: Option<WantedPresence>,
    /// A metric whose last value is told with each place.
    metric: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A page of places.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PlaceList {
    /// By name; at most 10,000.
    places: Vec<ThingPlace>,
    /// How many things of this page are wanted, with a place or without.
    things: usize,
    /// What to send as `after` for the next page; null at the end. A page may be short or empty
    /// and yet not the last.
    next: Option<String>,
}

/// Where a thing is.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ThingPlace {
    name: String,
    /// Degrees, north of the equator.
    lat: f64,
    /// Degrees, east of Greenwich.
    lon: f64,
    /// Whether one of its MQTT clients is connected.
    connected: bool,
    /// The last value of the metric that was asked for, if it has one.
    value: Option<ShownValue>,
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_places",
    tag: "data",
    summary: "Where things are",
    description: "A thing is where its last values of the metrics `lat` and `lon` (or `lat` and `lng`, `latitude` and `longitude`) say, otherwise where attributes of these names say; without either it is in no page.",
    query: Some(fields::<PlacesWanted>),
    answers: &[Answer::json::<PlaceList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Arguments(wanted): Arguments<PlacesWanted>,
) -> Result<Json<PlaceList>, ApiError> {
    let account = caller.account;
    let metric = metric(&wanted)?;
    let keep = presence::filter(&door, account, wanted.presence).await?;
    let of = match wanted.after {
        None => AsOf::Now,
        Some(_) => AsOf::Page,
    };
    let search = Search {
        prefix: String::new(),
        word: wanted.search,
        thing_type: wanted.r#type,
        group: wanted.group,
        attributes: attributes(wanted.attribute.as_deref()),
    };
    let after = wanted.after.as_deref();
    let fleet = &door.deps.fleet;
    let page = fleet.search_where(account, &search, after, LOOKED_AT_MAX, &*keep);
    let page = page.await?;
    let places = places(&door, account, &page.things, of).await?;
    let names: Vec<&str> = places.keys().map(String::as_str).collect();
    let there = connected(&door, account, &names).await?;
    let mut values = values_by_thing(&door, account, &page.things, metric, of).await?;
    let place = |thing: &Thing| {
        let place = places.get(&thing.name)?;
        Some(ThingPlace {
            name: thing.name.clone(),
            lat: place.lat,
            lon: place.lon,
            connected: there.contains(&thing.name),
            value: values.remove(&thing.name).and_then(|mut all| all.pop()),
        })
    };
    Ok(Json(PlaceList {
        places: page.things.iter().filter_map(place).collect(),
        things: page.things.len(),
        next: page.next,
    }))
}

/// The metric that is asked for, or none.
fn metric(wanted: &PlacesWanted) -> Result<Vec<String>, ApiError> {
    let metric = wanted.metric.clone().filter(|name| !name.is_empty());
    if metric
        .as_ref()
        .is_some_and(|name| name.len() > METRIC_BYTES_MAX)
    {
        return Err(ApiError::invalid(format!(
            "`metric` has more than {METRIC_BYTES_MAX} bytes (metric_bytes_max)"
        )));
    }
    Ok(metric.into_iter().collect())
}

/// The place of each of these things that has one: what it said counts more than what is registered.
async fn places(
    door: &Door,
    account: AccountId,
    things: &[Thing],
    of: AsOf,
) -> Result<HashMap<String, Place>, ApiError> {
    let by_things = &door.deps.state.by_things;
    let mut places: HashMap<String, Place> = HashMap::with_capacity(things.len());
    for (lat, lon) in NAMES {
        let names = things.iter().map(|thing| thing.name.as_str());
        let names: Vec<&str> = names.filter(|name| !places.contains_key(*name)).collect();
        let asked = |metric: &str, names| {
            let asked = Asked::Metric(metric.to_owned());
            by_things.of(door, account, asked, Some(names), of)
        };
        let lats = asked(lat, &names).await?;
        let with: Vec<&str> = lats.keys().map(String::as_str).collect();
        if with.is_empty() {
            continue;
        }
        let lons = asked(lon, &with).await?;
        let pairs = lats.iter().filter_map(|(name, lat)| {
            let place = Place::of(lat.value?, lons.get(name)?.value?)?;
            Some((name.clone(), place))
        });
        places.extend(pairs);
    }
    for thing in things {
        if !places.contains_key(&thing.name)
            && let Some(place) = Place::of_attributes(&thing.attributes)
        {
            places.insert(thing.name.clone(), place);
        }
    }
    Ok(places)
}
