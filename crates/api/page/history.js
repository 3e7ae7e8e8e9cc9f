// SPDX-License-Identifier: Apache-2.0
// What has been: statements over `telemetry`, and the points of a chart made of their answers.
import { ask } from "./ask.js";

/** Points of a chart; more are gathered into one with a mean, a least and a greatest. */
const POINTS_MIN = 120;
const POINTS_MAX = 600;
/** Pixels that a point should have. */
const POINT_PX = 2;

/** Metrics of a source that are shown. */
export const METRICS_MAX = 500;

/** `thing = $1`, or what a topic's nobody sent. */
function whose(source) {
  return source.thing === undefined ? "thing IS NULL AND topic = $1" : "thing = $1";
}

function nameOf(source) {
  return source.thing ?? source.topic;
}

/** The last value of each metric within `span`, as in "1 day". */
export async function latest(source, span) {
  const sql = `SELECT metric,
       last_value(value ORDER BY time) AS value,
       last_value(text ORDER BY time) AS text,
       last_value(topic ORDER BY time) AS topic,
       max(time) AS time
FROM telemetry
WHERE ${whose(source)} AND time > now() - CAST($2 AS INTERVAL)
GROUP BY metric ORDER BY metric LIMIT ${METRICS_MAX + 1}`;
  const rows = await ask(sql, [nameOf(source), span]);
  return rows.map((row) => ({ ...row, time: Date.parse(row.time) }));
}

/** The chart's statement. */
export function seriesSql(source) {
  return `SELECT min(time) AS first, max(time) AS last, avg(value) AS mean,
       min(value) AS least, max(value) AS greatest, count(value) AS count
FROM telemetry
WHERE ${whose(source)} AND metric = $2 AND value IS NOT NULL
  AND time > now() - CAST($3 AS INTERVAL)
GROUP BY date_bin(CAST($4 AS INTERVAL), time) ORDER BY first`;
}

/** Its parameters. */
export function seriesParams(source, metric, minutes, step) {
  return [nameOf(source), metric, `${minutes} minutes`, `${step} milliseconds`];
}

/** Milliseconds that one point stands for in a chart so many pixels wide. */
export function stepOf(minutes, width) {
  const points = Math.min(POINTS_MAX, Math.max(POINTS_MIN, Math.round(width / POINT_PX)));
  return Math.max(1, Math.round((minutes * 60000) / points));
}

/** Points from the tables, oldest first. */
export async function series(source, metric, minutes, step) {
  const rows = await ask(seriesSql(source), seriesParams(source, metric, minutes, step));
  return rows.map((row) => ({
    t: Date.parse(row.first),
    last: Date.parse(row.last),
    v: row.mean,
    lo: row.least,
    hi: row.greatest,
    n: row.count,
  }));
}

/** Adds a live value; those of one step become one point, as in the statement. */
export function addPoint(points, t, v, step) {
  const end = points.at(-1);
  if (end && Math.floor(end.t / step) === Math.floor(t / step)) {
    end.v = (end.v * end.n + v) / (end.n + 1);
    end.n += 1;
    end.lo = Math.min(end.lo, v);
    end.hi = Math.max(end.hi, v);
    end.last = Math.max(end.last, t);
  } else {
    points.push({ t, last: t, v, lo: v, hi: v, n: 1 });
  }
}
