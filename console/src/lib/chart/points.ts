// SPDX-License-Identifier: Apache-2.0
// A metric's values over time, in buckets of equal length, as the server down-samples them.
import type { Schema } from '$lib/api/client';

/** Columns of equal length; a place for each bucket that has values. Times are milliseconds. */
export interface Points {
  time: number[];
  min: number[];
  max: number[];
  mean: number[];
  last: number[];
  count: number[];
}

export function noPoints(): Points {
  return { time: [], min: [], max: [], mean: [], last: [], count: [] };
}

export function pointsOf(numbers: Schema<'Numbers'>): Points {
  const { min, max, mean, last, count } = numbers;
  return { time: numbers.time.map((at) => Date.parse(at)), min, max, mean, last, count };
}

/** Puts a live value into the last bucket, or begins one. Values that are older are left to the
 * server, which is asked again from time to time. */
export function addPoint(points: Points, at: number, value: number, from: number, stepMs: number): void {
  const begins = from + Math.floor((at - from) / stepMs) * stepMs;
  const end = points.time.length - 1;
  const newest = points.time[end];
  if (newest === undefined || begins > newest) {
    points.time.push(begins);
    points.min.push(value);
    points.max.push(value);
    points.mean.push(value);
    points.last.push(value);
    points.count.push(1);
  } else if (begins === newest) {
    const count = (points.count[end] ?? 0) + 1;
    points.min[end] = Math.min(points.min[end] ?? value, value);
    points.max[end] = Math.max(points.max[end] ?? value, value);
    points.mean[end] = (points.mean[end] ?? 0) + (value - (points.mean[end] ?? 0)) / count;
    points.last[end] = value;
    points.count[end] = count;
  }
}

/** The part that begins at or after a time. */
export function since(points: Points, from: number): Points {
  const first = points.time.findIndex((at) => at >= from);
  if (first === 0) return points;
  const cut = (column: number[]) => (first < 0 ? [] : column.slice(first));
  return {
    time: cut(points.time), min: cut(points.min), max: cut(points.max),
    mean: cut(points.mean), last: cut(points.last), count: cut(points.count),
  };
}

/** What a chart says in words. */
export interface Summary {
  last: number;
  lastAt: number;
  min: number;
  max: number;
  count: number;
}

export function summary(points: Points): Summary | null {
  const end = points.time.length - 1;
  const last = points.last[end];
  const lastAt = points.time[end];
  if (last === undefined || lastAt === undefined) return null;
  return {
    last, lastAt,
    min: points.min.reduce((a, b) => Math.min(a, b), Infinity),
    max: points.max.reduce((a, b) => Math.max(a, b), -Infinity),
    count: points.count.reduce((a, b) => a + b, 0),
  };
}
