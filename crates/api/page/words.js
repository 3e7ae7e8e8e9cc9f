// SPDX-License-Identifier: Apache-2.0
// Numbers and times in words.

const number = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 7 });
const whole = new Intl.NumberFormat();
const wide = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/** A number, short enough to read. */
export function numberWords(value) {
  const size = Math.abs(value);
  if (Number.isSafeInteger(value)) return whole.format(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e12)) return value.toExponential(3);
  return number.format(value);
}

/** How long ago. */
export function ago(ms, now) {
  const seconds = Math.max(0, Math.round((now - ms) / 1000));
  if (seconds < 2) return "just now";
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
}

/** Day and time, in the reader's zone. */
export function moment(ms) {
  return wide.format(ms);
}

/** Time of day, in the reader's zone. */
export function timeOfDay(ms) {
  return clock.format(ms);
}
