// SPDX-License-Identifier: Apache-2.0
// Devices as spots of a map: where each is, and what it said last of one metric.
import { number } from '$lib/numbers';
import type { Spot, View } from './draw';
import type { Placed } from './places';

/** How numbers are shown. */
export interface Scale {
  /** Stands behind numbers; that of the metric itself if it is empty. */
  unit: string;
  min: number | null;
  max: number | null;
}

export const NO_SCALE: Scale = { unit: '', min: null, max: null };

export function spotsOf(places: readonly Placed[], scale: Scale = NO_SCALE): Spot[] {
  const numbers = places.flatMap(({ value }) => (typeof value?.value === 'number' ? [value.value] : []));
  const low = scale.min ?? numbers.reduce((a, b) => Math.min(a, b), Infinity);
  const high = scale.max ?? numbers.reduce((a, b) => Math.max(a, b), -Infinity);
  return places.map(({ name, lat, lon, connected, value: said }) => {
    const value = said?.value ?? null;
    const part = value === null || high <= low ? undefined : Math.min(1, Math.max(0, (value - low) / (high - low)));
    const label = !said ? '' : value === null ? (said.text ?? '') : `${number(value)} ${scale.unit || (said.unit ?? '')}`.trim();
    return { name, lat, lon, label, away: !connected, ...(part !== undefined && { part }) };
  });
}

/** Those in sight; a map that is wider than the world shows some places twice. */
export function inSight(spots: readonly Spot[], { west, south, east, north }: View): Spot[] {
  const turns = [-360, 0, 360];
  return spots.filter(({ lat, lon }) => lat >= south && lat <= north && turns.some((turn) => lon + turn >= west && lon + turn <= east));
}
