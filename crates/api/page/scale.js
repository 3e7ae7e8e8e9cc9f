// SPDX-License-Identifier: Apache-2.0
// Axes: round numbers and round times.

const TIME_STEPS_S = [
  5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
];

/** The range of values that the axis shows, with ticks at round numbers. */
export function valueAxis(low, high, ticksMax) {
  let [from, to] = [low, high];
  if (!(from < to)) {
    const around = Math.abs(from) > 0 ? Math.abs(from) * 0.05 : 1;
    [from, to] = [from - around, to + around];
  }
  // Zero belongs to the picture if it is near.
  if (from > 0 && from < 0.4 * to) from = 0;
  if (to < 0 && to > 0.4 * from) to = 0;
  const step = roundStep((to - from) / Math.max(1, ticksMax - 1));
  const first = Math.floor(from / step + 1e-9);
  const last = Math.ceil(to / step - 1e-9);
  const ticks = [];
  for (let at = first; at <= last; at += 1) ticks.push(at * step);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return { from: first * step, to: last * step, ticks, words: tickWords(step, last * step, digits) };
}

function roundStep(raw) {
  const power = 10 ** Math.floor(Math.log10(raw));
  const times = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= raw * (1 - 1e-9));
  return (times ?? 10) * power;
}

function tickWords(step, largest, digits) {
  const extra = Math.abs(step / 10 ** -digits - Math.round(step / 10 ** -digits)) > 1e-6 ? 1 : 0;
  if (digits > 8 || Math.abs(largest) >= 1e15) return (value) => value.toExponential(2);
  const format = new Intl.NumberFormat(undefined, {
    minimumFractionDigits: digits + extra,
    maximumFractionDigits: digits + extra,
  });
  return (value) => format.format(Math.abs(value) < step / 1e6 ? 0 : value);
}

/** Round times between `from` and `to`, in the reader's zone. */
export function timeAxis(from, to, ticksMax) {
  const span = (to - from) / 1000;
  const step = TIME_STEPS_S.find((seconds) => span / seconds <= ticksMax) ?? 86400;
  const shift = new Date(to).getTimezoneOffset() * 60000;
  const ms = step * 1000;
  const ticks = [];
  for (let at = Math.ceil((from - shift) / ms) * ms + shift; at <= to; at += ms) ticks.push(at);
  const format = new Intl.DateTimeFormat(undefined, {
    hour: "2-digit",
    minute: "2-digit",
    second: step < 60 ? "2-digit" : undefined,
    hourCycle: "h23",
  });
  return { ticks, words: (value) => format.format(value) };
}
