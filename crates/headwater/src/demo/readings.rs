// SPDX-License-Identifier: Apache-2.0
//! The demo's questions, in plain SQL.

use hw_model::Timestamp;
use serde_json::Value;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::client::{Client, ClientError, Rows};
use crate::simulate::device_date;

/// Last values and sums per meter; `{since}` is when the demo began.
pub(super) const LAST: &str = "\
SELECT f.thing, last_value(d.text ORDER BY f.time) AS device_time,
       last_value(f.value ORDER BY f.time) AS flow, min(f.value) AS lowest,
       sum(f.value) AS litres, count(*) AS readings
FROM telemetry f JOIN telemetry d ON d.trace_id = f.trace_id
WHERE f.metric = 'FlowRate' AND d.metric = 'Date'
  AND f.time >= {since}
GROUP BY f.thing ORDER BY f.thing";

const COURSE: &str = "\
SELECT f.thing, d.text, f.value
FROM telemetry f JOIN telemetry d ON d.trace_id = f.trace_id
WHERE f.metric = 'FlowRate' AND d.metric = 'Date' AND f.time >= {since}
ORDER BY f.thing, f.time";

/// A reading says whose it is and of which minute, so that its payload tells it from all others.
const COUNT: &str = "\
SELECT count(*) AS readings, sum(copies) AS rows
FROM (SELECT topic, payload, count(*) AS copies FROM messages
      WHERE topic LIKE '/things/waterflowcontrollers/%' AND time >= {since}
      GROUP BY topic, payload) AS reading";

/// A reading of one meter.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reading {
    pub(super) thing: String,
    /// By the device's clock.
    pub(super) at: PrimitiveDateTime,
    /// Litres in that minute.
    pub(super) litres: f64,
}

/// How many readings the table holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Kept {
    /// Each counted once.
    pub(super) readings: u64,
    /// Rows of a reading beside its first: it was sent again, since its acknowledgement was lost.
    pub(super) again: u64,
}

/// A moment as SQL writes it.
pub(super) fn literal(moment: Timestamp) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(moment.0) * 1_000);
    let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (hour, minute, second, micro) = at.time().as_hms_micro();
    format!(
        "TIMESTAMP '{} {hour:02}:{minute:02}:{second:02}.{micro:06}Z'",
        at.date()
    )
}

/// Last values per meter, and the statement as it was sent.
pub(super) async fn last(client: &Client, since: &str) -> Result<(String, Rows), ClientError> {
    let statement = LAST.replace("{since}", since);
    let rows = client.sql(&statement, &[]).await?;
    Ok((statement, rows))
}

/// Every reading since the demo began.
pub(super) async fn course(client: &Client, since: &str) -> Result<Vec<Reading>, ClientError> {
    let rows = client.sql(&COURSE.replace("{since}", since), &[]).await?;
    Ok(rows.rows.iter().filter_map(|row| reading(row)).collect())
}

/// How many readings the table holds since the demo began.
pub(super) async fn count(client: &Client, since: &str) -> Result<Kept, ClientError> {
    let rows = client.sql(&COUNT.replace("{since}", since), &[]).await?;
    Ok(rows.rows.first().map_or(Kept::default(), |row| kept(row)))
}

fn kept(row: &[Value]) -> Kept {
    let figure = |at: usize| row.get(at).and_then(Value::as_u64).unwrap_or(0);
    let (readings, rows) = (figure(0), figure(1));
    Kept {
        readings,
        again: rows.saturating_sub(readings),
    }
}

fn reading(row: &[Value]) -> Option<Reading> {
    let [thing, date, litres] = row else {
        return None;
    };
    Some(Reading {
        thing: thing.as_str()?.to_owned(),
        at: device_date::parse(date.as_str()?)?,
        litres: litres.as_f64()?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn moments_and_rows() {
        assert_eq!(
            literal(Timestamp(1_479_794_405_999_999)),
            "TIMESTAMP '2016-11-22 06:00:05.999999Z'"
        );
        let row = [json!("m"), json!("22/11/2016 06:00:05"), json!(1.5)];
        assert_eq!(reading(&row).map(|reading| reading.litres), Some(1.5));
        assert_eq!(reading(&[json!("m"), json!(null), json!(1.5)]), None);
    }

    #[test]
    fn readings_are_counted_once() {
        let again = Kept {
            readings: 7,
            again: 2,
        };
        assert_eq!(kept(&[json!(7), json!(9)]), again);
        assert_eq!(kept(&[json!(0), json!(null)]), Kept::default());
    }
}
