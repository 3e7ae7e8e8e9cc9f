// SPDX-License-Identifier: Apache-2.0
//! A dashboard: widgets on a grid of twelve columns.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Columns of the grid.
const COLUMNS: u16 = 12;

/// Most rows of the grid.
const ROWS_MAX: u16 = 500;

/// Most widgets of a dashboard.
const WIDGETS_MAX: usize = 100;

/// Most metrics of a widget: as many as one request for series has.
const METRICS_MAX: usize = 16;

/// Longest text of a widget, in bytes.
const TEXT_BYTES_MAX: usize = 16 << 10;

/// A dashboard.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dashboard {
    /// 1 to 64 of `a` to `z`, `0` to `9`, `-` and `_`.
    #[schemars(length(min = 1, max = 64))]
    pub id: String,
    /// Counts changes, from 1. A change names the version that was read; a new one has none yet.
    #[serde(default)]
    pub version: i64,
    #[schemars(length(min = 1, max = 200))]
    pub title: String,
    /// For people.
    #[serde(default)]
    about: String,
    /// The type of things that it is for: the thing is chosen while one looks at it, and is meant by
    /// widgets that name none. Null for a dashboard that names its things.
    #[serde(default)]
    thing_type: Option<String>,
    /// The time that is shown first, as in `15m`, `6h`, `7d`.
    #[serde(default = "quarter")]
    #[schemars(regex(pattern = r"^[0-9]{1,4}[mhd]$"))]
    span: String,
    /// In the order of their places: by row, then by column.
    widgets: Vec<Widget>,
}

/// What a widget shows.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// The last value, large.
    Value,
    /// The last value between `min` and `max`.
    Gauge,
    /// Over time, as lines.
    Line,
    /// Over time, as bars.
    Bar,
    /// When it had which value.
    Timeline,
    /// Last values, or the rows of `sql`.
    Table,
    /// Where things are, with the last value of a metric.
    Map,
    /// `text`.
    Text,
}

/// A part of a dashboard.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Widget {
    kind: Kind,
    #[serde(default)]
    title: String,
    /// First column, from 0.
    x: u16,
    /// First row, from 0; a row is 80 pixels high.
    y: u16,
    /// Columns, 1 to 12.
    w: u16,
    /// Rows.
    h: u16,
    /// A thing; null for the one that is chosen.
    #[serde(default)]
    thing: Option<String>,
    /// Names of metrics.
    #[serde(default)]
    #[schemars(length(max = 16))]
    metrics: Vec<String>,
    /// What stands behind numbers, as in `°C`.
    #[serde(default)]
    unit: String,
    /// Where the scale begins.
    #[serde(default)]
    min: Option<f64>,
    /// Where it ends.
    #[serde(default)]
    max: Option<f64>,
    /// Plain text, of widgets of kind `text`.
    #[serde(default)]
    text: String,
    /// A statement, of widgets of kind `table`; `$1` is the thing that is chosen.
    #[serde(default)]
    sql: String,
    /// The things of a widget of kind `map`; null for the one that `thing` means.
    #[serde(default)]
    things: Option<Things>,
}

/// Things that are shown together: all that is named must fit, and all things do if nothing is.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Things {
    /// Thing type.
    #[serde(default)]
    r#type: Option<String>,
    /// Thing group: things in it, or in a group below it.
    #[serde(default)]
    group: Option<String>,
    /// `NAME` or `NAME:VALUE` of an attribute; several are parted by commas.
    #[serde(default)]
    attribute: Option<String>,
}

fn quarter() -> String {
    "15m".to_owned()
}

impl Dashboard {
    /// Checks it, and puts the widgets into the order of their places.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(super) fn settle(&mut self) -> Result<(), String> {
        if self.widgets.len() > WIDGETS_MAX {
            return Err(format!(
                "a dashboard has at most {WIDGETS_MAX} widgets (widgets_max)"
            ));
        }
        let (number, unit) = self.span.split_at(self.span.len().saturating_sub(1));
        if !["m", "h", "d"].contains(&unit) || !number.parse().is_ok_and(|n: u16| n > 0) {
            return Err("`span` is a number and m, h or d, as in 15m".to_owned());
        }
        for widget in &self.widgets {
            widget.check()?;
        }
        self.widgets.sort_by_key(|one| (one.y, one.x, one.kind));
        self.no_two_in_one_place()
    }

    fn no_two_in_one_place(&self) -> Result<(), String> {
        let mut taken = BTreeSet::new();
        for one in &self.widgets {
            for place in
                (one.y..one.y + one.h).flat_map(|y| (one.x..one.x + one.w).map(move |x| (x, y)))
            {
                if !taken.insert(place) {
                    let (x, y) = place;
                    return Err(format!("two widgets are at column {x}, row {y}"));
                }
            }
        }
        Ok(())
    }
}

impl Widget {
    fn check(&self) -> Result<(), String> {
        let at = format!("the widget at column {}, row {}", self.x, self.y);
        let fits = |from: u16, count: u16, max: u16| {
            count >= 1 && from.checked_add(count).is_some_and(|end| end <= max)
        };
        if !fits(self.x, self.w, COLUMNS) || !fits(self.y, self.h, ROWS_MAX) {
            return Err(format!(
                "{at} does not fit into {COLUMNS} columns and {ROWS_MAX} rows"
            ));
        }
        if self.metrics.len() > METRICS_MAX {
            return Err(format!("{at} has more than {METRICS_MAX} metrics"));
        }
        if self.text.len() > TEXT_BYTES_MAX || self.sql.len() > TEXT_BYTES_MAX {
            return Err(format!(
                "{at} has a text of more than {TEXT_BYTES_MAX} bytes"
            ));
        }
        if self.things.is_some() && (self.kind != Kind::Map || self.thing.is_some()) {
            return Err(format!(
                "{at} has `things`, which are for a map that names no `thing`"
            ));
        }
        if let (Some(min), Some(max)) = (self.min, self.max)
            && min >= max
        {
            return Err(format!("{at} has a scale that ends before it begins"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dashboard(widgets: &str) -> Dashboard {
        let text = format!(r#"{{"id": "water", "title": "Water", "widgets": {widgets}}}"#);
        serde_json::from_str(&text).expect("a dashboard")
    }

    #[test]
    fn widgets_stand_in_the_order_of_their_places() {
        let mut dashboard = dashboard(
            r#"[{"kind": "line", "x": 0, "y": 2, "w": 12, "h": 3},
                {"kind": "value", "x": 6, "y": 0, "w": 6, "h": 2},
                {"kind": "gauge", "x": 0, "y": 0, "w": 6, "h": 2}]"#,
        );
        dashboard.settle().expect("it fits");
        let places: Vec<_> = dashboard.widgets.iter().map(|one| (one.y, one.x)).collect();
        assert_eq!(places, [(0, 0), (0, 6), (2, 0)]);
    }

    #[test]
    fn what_does_not_fit_is_said() {
        for (widgets, words) in [
            (
                r#"[{"kind": "line", "x": 6, "y": 0, "w": 7, "h": 1}]"#,
                "does not fit",
            ),
            (
                r#"[{"kind": "line", "x": 0, "y": 65535, "w": 1, "h": 1}]"#,
                "does not fit",
            ),
            (
                r#"[{"kind": "line", "x": 0, "y": 0, "w": 2, "h": 2}, {"kind": "table", "x": 1, "y": 1, "w": 1, "h": 1}]"#,
                "column 1, row 1",
            ),
            (
                r#"[{"kind": "gauge", "x": 0, "y": 0, "w": 1, "h": 1, "min": 2.0, "max": 1.0}]"#,
                "scale",
            ),
            (
                r#"[{"kind": "map", "x": 0, "y": 0, "w": 1, "h": 1, "thing": "a", "things": {}}]"#,
                "`things`",
            ),
            (
                r#"[{"kind": "value", "x": 0, "y": 0, "w": 1, "h": 1, "things": {"type": "a"}}]"#,
                "`things`",
            ),
        ] {
            let refused = dashboard(widgets).settle().expect_err(widgets);
            assert!(refused.contains(words), "{refused}");
        }
    }
}
