// SPDX-License-Identifier: Apache-2.0
//! The table of last values and the chart of each meter's course.

use serde_json::Value;

use super::Running;
use super::chart::{bars, sums};
use super::readings::{self, Reading};
use super::story::{Story, short_time};
use crate::cli::Failure;
use crate::cli::rows::cell;
use crate::cli::table::{Align, Table};
use crate::client::Rows;

const CHART_COLUMNS: usize = 56;
const CHART_ROWS: usize = 2;
/// Width of the names before a chart.
const NAME_WIDTH: usize = 15;

/// Asks and prints.
pub(super) async fn show(running: &Running, story: &Story) -> Result<(), Failure> {
    let (client, since) = (&running.client, &running.since);
    let asked = || readings::last(client, since);
    let (statement, last) = running.presence.ask(asked).await?;
    story.heading("The same readings by SQL")?;
    story.quoted(&statement)?;
    story.text(&table(&last).render(story.paint))?;
    let asked = || readings::course(client, since);
    let course = running.presence.ask(asked).await?;
    for line in chart(&course) {
        story.line(&line)?;
    }
    for (thing, lowest) in never_still(&last) {
        story.line(&story.paint.warn(&format!(
            "{thing} never stops: {lowest:.2} litres a minute at least. A leak?"
        )))?;
    }
    Ok(())
}

fn table(rows: &Rows) -> Table {
    let columns = rows.columns.iter().enumerate().map(|(at, column)| {
        let align = if at < 2 { Align::Left } else { Align::Right };
        (column.name.as_str(), align)
    });
    let mut table = Table::new(columns);
    for row in &rows.rows {
        table.push(row.iter().map(|value| match value {
            Value::Number(number) if number.is_f64() => {
                format!("{:.2}", number.as_f64().unwrap_or(0.0))
            }
            other => cell(other),
        }));
    }
    table
}

/// Things whose water flowed in every minute, with the least of it.
fn never_still(rows: &Rows) -> Vec<(String, f64)> {
    let lowest = rows
        .columns
        .iter()
        .position(|column| column.name == "lowest");
    let still = |row: &Vec<Value>| {
        let value = row.get(lowest?)?.as_f64()?;
        (value > 0.0).then(|| (cell(&row[0]), value))
    };
    rows.rows.iter().filter_map(still).collect()
}

fn chart(course: &[Reading]) -> Vec<String> {
    let (Some(first), Some(last)) = (
        course.iter().map(|r| r.at).min(),
        course.iter().map(|r| r.at).max(),
    ) else {
        return vec!["No reading is in the tables yet.".to_owned()];
    };
    let span = (last - first).as_seconds_f64().max(1.0);
    let minutes = span / 60.0 / CHART_COLUMNS as f64;
    let mut lines = vec![
        String::new(),
        format!("Litres, a column for {minutes:.1} minutes of the meters' time"),
    ];
    let mut things: Vec<&str> = course
        .iter()
        .map(|reading| reading.thing.as_str())
        .collect();
    things.dedup();
    for thing in things {
        let of_thing = course.iter().filter(|reading| reading.thing == thing);
        let points = of_thing.map(|r| ((r.at - first).as_seconds_f64() / span, r.litres));
        let values = sums(points, CHART_COLUMNS);
        let max = values.iter().copied().fold(0.0, f64::max);
        let drawn = bars(&values, CHART_ROWS, max);
        for (row, bar) in drawn.iter().enumerate() {
            let name = if row + 1 == CHART_ROWS { thing } else { "" };
            let scale = if row == 0 {
                format!("{max:.1}")
            } else {
                String::new()
            };
            lines.push(
                format!("{name:>NAME_WIDTH$} {bar} {scale}")
                    .trim_end()
                    .to_owned(),
            );
        }
    }
    let (from, to) = (short_time(first), short_time(last));
    let gap = CHART_COLUMNS.saturating_sub(from.len() + to.len());
    lines.push(format!("{:>NAME_WIDTH$} {from}{}{to}", "", " ".repeat(gap)));
    lines.push(String::new());
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    fn rows(rows: Value) -> Rows {
        let columns: Vec<Value> = ["thing", "device_time", "flow", "lowest"]
            .iter()
            .map(|name| json!({"name": name}))
            .collect();
        serde_json::from_value(json!({"columns": columns, "rows": rows})).unwrap()
    }

    #[test]
    fn a_leak_is_seen() {
        let rows = rows(json!([["m1", "x", 1.0, 0.0], ["m2", "x", 1.0, 0.15]]));
        assert_eq!(never_still(&rows), [("m2".to_owned(), 0.15)]);
    }

    #[test]
    fn a_chart_fits_eighty_columns() {
        let start = datetime!(2016-11-22 06:00:00);
        let at = |minute: i64| start + Duration::minutes(minute);
        let course: Vec<Reading> = ["866191037731759", "866191037731767"]
            .iter()
            .flat_map(|thing| {
                (0..200).map(move |minute| Reading {
                    thing: (*thing).to_owned(),
                    at: at(minute),
                    litres: (minute % 17) as f64,
                })
            })
            .collect();
        let lines = chart(&course);
        assert_eq!(lines.len(), 2 + 2 * CHART_ROWS + 2);
        assert!(
            lines.iter().all(|line| line.chars().count() <= 80),
            "{lines:#?}"
        );
        assert!(lines[3].starts_with("866191037731759 "), "{lines:#?}");
        assert!(lines[6].ends_with("09:19"), "{lines:#?}");
        assert_eq!(chart(&[]).len(), 1);
    }
}
