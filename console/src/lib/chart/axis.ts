// SPDX-License-Identifier: Apache-2.0
// Times below a chart, in the reader's zone: as fine as the span that is shown.
import { zone } from '$lib/time/zone.svelte';

const DAY_MS = 86_400_000;

/** Words for the marks of an axis that shows `spanMs`. A day is named where it begins. */
export function axisTimes(marks: readonly number[], spanMs: number): string[] {
  const timeZone = zone.name;
  const seconds = spanMs < 180_000 ? { second: '2-digit' as const } : {};
  const clock = new Intl.DateTimeFormat(undefined, { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...seconds });
  const day = new Intl.DateTimeFormat(undefined, { timeZone, month: 'short', day: 'numeric' });
  const year = new Intl.DateTimeFormat(undefined, { timeZone, year: 'numeric', month: 'short' });
  if (spanMs > 120 * DAY_MS) return marks.map((at) => year.format(at));
  let before = '';
  return marks.map((at) => {
    const today = day.format(at);
    const isNew = today !== before && (before !== '' || spanMs > DAY_MS / 2);
    before = today;
    if (spanMs > 4 * DAY_MS) return today;
    return isNew ? `${today}\n${clock.format(at)}` : clock.format(at);
  });
}
