// SPDX-License-Identifier: Apache-2.0
//! `/api/v1/things`: the registry, what a thing comes in with, and its last values.

pub(super) mod connected;
pub(crate) mod credentials;
pub(super) mod presence;
pub(crate) mod principals;
pub(crate) mod write;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hw_fleet::Thing;
use hw_fleet::groups::GROUPS_OF_THING_MAX;
use hw_fleet::search::Search;
use hw_model::{AccountId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::auth::{Caller, Door};
use crate::by_thing::{AsOf, Asked, last_heard};
use crate::described::{Answer, Operation, fields};
use crate::error::ApiError;
use crate::input::{Arguments, Path, page_rows};
use crate::last_values::LastValue;
use crate::limits::{LISTED_METRICS_MAX, METRIC_BYTES_MAX};
use crate::moment::Moment;
use crate::units::Units;
use connected::{ThingClient, clients_of, connected};
use presence::WantedPresence;

/// Which things to list; all that is named must fit.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThingsWanted {
    /// What names begin with.
    #[serde(default)]
    prefix: String,
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
    /// Metrics whose last values are told with each thing, at most 8; parted by commas.
    metrics: Option<String>,
    /// At most so many things: 1 to 1,000; 100 if it is left out.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
}

/// A thing of the registry.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ListedThing {
    name: String,
    /// Thing type.
    r#type: Option<String>,
    attributes: BTreeMap<String, String>,
    /// Counts changes, from 1.
    version: i64,
    created: Moment,
    /// Its last message that was kept; null if there is none.
    last_seen: Option<Moment>,
    /// Whether one of its MQTT clients is connected.
    connected: bool,
}

/// A page of things.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ThingList {
    /// By name.
    things: Vec<ThingRow>,
    /// What to send as `after` for the next page; null at the end. A page may be short or empty
    /// and yet not the last.
    next: Option<String>,
}

/// A thing in a list.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ThingRow {
    #[serde(flatten)]
    thing: ListedThing,
    /// Of the metrics that were asked for, as far as it has them.
    values: Vec<ShownValue>,
}

/// A thing with its last values.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ThingShown {
    #[serde(flatten)]
    thing: ListedThing,
    /// Names of the groups that it is in, at most ten.
    groups: Vec<String>,
    /// Its MQTT clients, connected or away with a session; at most 20.
    clients: Vec<ThingClient>,
    /// By metric.
    values: Vec<ShownValue>,
}

/// Last values.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ValueList {
    thing: String,
    /// By metric.
    values: Vec<ShownValue>,
}

/// The last value of a metric.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ShownValue {
    metric: String,
    time: Moment,
    /// The number; 1 for true and 0 for false; null for text.
    value: Option<f64>,
    /// The text, cut at 1,024 bytes; also the digits of a number that is too large for a double.
    text: Option<String>,
    /// What stands behind the number; see `GET /api/v1/units`.
    unit: Option<String>,
}

fn shown(metric: String, last: LastValue, thing_type: Option<&str>, units: &Units) -> ShownValue {
    ShownValue {
        unit: units.of(thing_type, &metric).map(str::to_owned),
        metric,
        time: last.time.into(),
        value: last.value,
        text: last.text,
    }
}

fn listed(
    thing: Thing,
    heard: &HashMap<String, Timestamp>,
    connected: &HashSet<String>,
) -> ListedThing {
    ListedThing {
        last_seen: heard.get(&thing.name).map(|time| (*time).into()),
        connected: connected.contains(&thing.name),
        name: thing.name,
        r#type: thing.thing_type,
        attributes: thing.attributes,
        version: thing.version,
        created: thing.created.into(),
    }
}

fn search(wanted: &ThingsWanted) -> Search {
    Search {
        prefix: wanted.prefix.clone(),
        word: wanted.search.clone(),
        thing_type: wanted.r#type.clone(),
        group: wanted.group.clone(),
        attributes: attributes(wanted.attribute.as_deref()),
    }
}

/// `NAME` or `NAME:VALUE`, several parted by commas.
pub(super) fn attributes(wanted: Option<&str>) -> Vec<(String, Option<String>)> {
    let all = wanted.unwrap_or_default().split(',');
    let attribute = |part: &str| match part.split_once(':') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (part.to_owned(), None),
    };
    all.filter(|part| !part.is_empty()).map(attribute).collect()
}

/// How it is described.
pub(crate) const LIST: Operation = Operation {
    id: "list_things",
    tag: "data",
    summary: "List things",
    query: Some(fields::<ThingsWanted>),
    answers: &[Answer::json::<ThingList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn list(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Arguments(wanted): Arguments<ThingsWanted>,
) -> Result<Json<ThingList>, ApiError> {
    let (count, account) = (page_rows(wanted.limit)?, caller.account);
    let metrics = metrics(&wanted)?;
    let keep = presence::filter(&door, account, wanted.presence).await?;
    let fleet = &door.deps.fleet;
    let (search, after) = (search(&wanted), wanted.after.as_deref());
    let page = fleet.search_where(account, &search, after, count as usize, &*keep);
    let page = page.await?;
    let names: Vec<&str> = page
        .things
        .iter()
        .map(|thing| thing.name.as_str())
        .collect();
    let of = match after {
        None => AsOf::Now,
        Some(_) => AsOf::Page,
    };
    let heard = last_heard(&door, account, &names, of).await?;
    let there = connected(&door, account, &names).await?;
    let mut rows = values_by_thing(&door, account, &page.things, metrics, of).await?;
    let row = |thing: Thing| ThingRow {
        values: rows.remove(&thing.name).unwrap_or_default(),
        thing: listed(thing, &heard, &there),
    };
    Ok(Json(ThingList {
        things: page.things.into_iter().map(row).collect(),
        next: page.next,
    }))
}

/// Names of metrics that are asked for.
fn metrics(wanted: &ThingsWanted) -> Result<Vec<String>, ApiError> {
    let named = wanted.metrics.as_deref().unwrap_or_default().split(',');
    let named = named.map(str::trim).filter(|name| !name.is_empty());
    let named: BTreeSet<String> = named.map(str::to_owned).collect();
    if named.len() > LISTED_METRICS_MAX {
        return Err(ApiError::invalid(format!(
            "`metrics` names at most {LISTED_METRICS_MAX} metrics (listed_metrics_max)"
        )));
    }
    if named.iter().any(|name| name.len() > METRIC_BYTES_MAX) {
        return Err(ApiError::invalid(format!(
            "`metrics` has a name of more than {METRIC_BYTES_MAX} bytes (metric_bytes_max)"
        )));
    }
    Ok(named.into_iter().collect())
}

/// The last values of these metrics of each thing that has some.
pub(super) async fn values_by_thing(
    door: &Door,
    account: AccountId,
    things: &[Thing],
    metrics: Vec<String>,
    of: AsOf,
) -> Result<HashMap<String, Vec<ShownValue>>, ApiError> {
    let mut all: HashMap<String, Vec<ShownValue>> = HashMap::new();
    if metrics.is_empty() {
        return Ok(all);
    }
    let units = Units::of_account(door, account).await?;
    let names: Vec<&str> = things.iter().map(|thing| thing.name.as_str()).collect();
    for metric in metrics {
        let asked = Asked::Metric(metric.clone());
        let by_things = &door.deps.state.by_things;
        let mut found = by_things.of(door, account, asked, Some(&names), of).await?;
        for thing in things {
            if let Some(last) = found.remove(&thing.name) {
                let value = shown(metric.clone(), last, thing.thing_type.as_deref(), &units);
                all.entry(thing.name.clone()).or_default().push(value);
            }
        }
    }
    Ok(all)
}

/// How it is described.
pub(crate) const ONE: Operation = Operation {
    id: "get_thing",
    tag: "data",
    summary: "A thing, with its MQTT clients and last values",
    path: &[("name", "Thing name")],
    answers: &[Answer::json::<ThingShown>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn one(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<ThingShown>, ApiError> {
    let thing = door.deps.fleet.thing(caller.account, &name).await?;
    let values = values_of(&door, caller.account, &thing).await?;
    let heard = last_heard(&door, caller.account, &[&name], AsOf::Now).await?;
    let (is_there, clients) = clients_of(&door, caller.account, &name).await?;
    let fleet = &door.deps.fleet;
    let groups = fleet.groups_of_thing(caller.account, &name, None, GROUPS_OF_THING_MAX);
    let groups = groups.await?.names;
    let there = is_there.then_some(name).into_iter().collect();
    Ok(Json(ThingShown {
        thing: listed(thing, &heard, &there),
        groups,
        clients,
        values,
    }))
}

/// How it is described.
pub(crate) const VALUES: Operation = Operation {
    id: "get_values",
    tag: "data",
    summary: "The last value of each metric of a thing",
    path: &[("name", "Thing name")],
    answers: &[Answer::json::<ValueList>(200, "Done.")],
    ..Operation::PLAIN
};

pub(crate) async fn values(
    State(door): State<Arc<Door>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<ValueList>, ApiError> {
    let thing = door.deps.fleet.thing(caller.account, &name).await?;
    let values = values_of(&door, caller.account, &thing).await?;
    Ok(Json(ValueList {
        thing: name,
        values,
    }))
}

async fn values_of(
    door: &Door,
    account: AccountId,
    thing: &Thing,
) -> Result<Vec<ShownValue>, ApiError> {
    let last_values = &door.deps.state.last_values;
    let values = last_values.of(door, account, &thing.name).await?;
    let units = Units::of_account(door, account).await?;
    let of_type = thing.thing_type.as_deref();
    let values = values.into_iter();
    let shown = values.map(|(metric, last)| shown(metric, last, of_type, &units));
    Ok(shown.collect())
}
