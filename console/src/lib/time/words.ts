// SPDX-License-Identifier: Apache-2.0
// Times in words, in the zone that the reader chose.
import { zone } from './zone.svelte';

/** Microseconds are kept in texts, as the API has them; this is enough for the eye. */
type Instant = number | string;

function ms(at: Instant): number {
  return typeof at === 'number' ? at : Date.parse(at);
}

/** How long ago, in few letters. */
export function ago(at: Instant, now: number): string {
  const seconds = Math.max(0, Math.round((now - ms(at)) / 1000));
  if (seconds < 2) return 'just now';
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
}

/** Day and time. */
export function moment(at: Instant): string {
  return format({ dateStyle: 'medium', timeStyle: 'medium' }).format(ms(at));
}

/** Time of day with milliseconds, for lists of what has just happened. */
export function precise(at: Instant): string {
  return format({
    hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hour12: false,
  }).format(ms(at));
}

/** A day. */
export function day(at: Instant): string {
  return format({ dateStyle: 'medium' }).format(ms(at));
}

/** A span of milliseconds, as in `1.5 ms` or `3 s`. */
export function span(milliseconds: number): string {
  if (milliseconds < 1) return `${Math.round(milliseconds * 1000)} µs`;
  if (milliseconds < 1000) return `${Number(milliseconds.toPrecision(3))} ms`;
  if (milliseconds < 120_000) return `${Number((milliseconds / 1000).toPrecision(3))} s`;
  return `${Math.round(milliseconds / 60_000)} min`;
}

const made = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const timeZone = zone.name;
  const key = JSON.stringify([timeZone, options]);
  let found = made.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(undefined, { ...options, timeZone });
    made.set(key, found);
  }
  return found;
}
