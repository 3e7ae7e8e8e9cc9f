// SPDX-License-Identifier: Apache-2.0
// A span of time that charts show: live, ending now, or fixed. It lives in the address.

export type Range = { live: true; spanMs: number } | { live: false; from: number; to: number };

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Spans to choose from; their names stand in the address. */
export const SPANS: readonly { id: string; label: string; ms: number }[] = [
  { id: '5m', label: '5 minutes', ms: 5 * MINUTE },
  { id: '15m', label: '15 minutes', ms: 15 * MINUTE },
  { id: '1h', label: '1 hour', ms: HOUR },
  { id: '6h', label: '6 hours', ms: 6 * HOUR },
  { id: '1d', label: '1 day', ms: DAY },
  { id: '7d', label: '7 days', ms: 7 * DAY },
  { id: '30d', label: '30 days', ms: 30 * DAY },
  { id: '365d', label: '1 year', ms: 365 * DAY },
];

const USUAL = 15 * MINUTE;

export function rangeOf(query: URLSearchParams): Range {
  const from = Date.parse(query.get('from') ?? '');
  const to = Date.parse(query.get('to') ?? '');
  if (Number.isFinite(from) && Number.isFinite(to) && from < to) return { live: false, from, to };
  const span = SPANS.find((one) => one.id === query.get('span'));
  return { live: true, spanMs: span?.ms ?? USUAL };
}

/** Writes a range into an address. */
export function putRange(query: URLSearchParams, range: Range): void {
  for (const name of ['from', 'to', 'span']) query.delete(name);
  if (range.live) {
    const span = SPANS.find((one) => one.ms === range.spanMs);
    if (span && span.ms !== USUAL) query.set('span', span.id);
  } else {
    query.set('from', new Date(range.from).toISOString());
    query.set('to', new Date(range.to).toISOString());
  }
}

/** When it begins and ends, in milliseconds. */
export function bounds(range: Range, now: number): { from: number; to: number } {
  return range.live ? { from: now - range.spanMs, to: now } : range;
}

/** The same length, one length earlier or later; later than now is live again. */
export function moved(range: Range, now: number, steps: number): Range {
  const { from, to } = bounds(range, now);
  const by = (to - from) * steps;
  if (to + by >= now) return { live: true, spanMs: nearest(to - from) };
  return { live: false, from: from + by, to: to + by };
}

/** Twice as long, with the same middle or the same end. */
export function wider(range: Range, now: number): Range {
  const { from, to } = bounds(range, now);
  const length = to - from;
  if (range.live) return { live: true, spanMs: SPANS.find((one) => one.ms > length)?.ms ?? length };
  return { live: false, from: from - length / 2, to: Math.min(now, to + length / 2) };
}

function nearest(length: number): number {
  return SPANS.find((one) => one.ms >= length * 0.99)?.ms ?? 365 * DAY;
}
