// SPDX-License-Identifier: Apache-2.0
// Devices as spots of a map: where each is, and what it said last of one metric.
import type { Schema } from '$lib/api/client';
import { number } from '$lib/numbers';
import type { Spot, View } from './draw';
import { placeOf } from './place';

/** What of a device decides its spot: those of a list have it, and a device alone has. */
export type Placed = Pick<Schema<'ThingRow'>, 'name' | 'attributes' | 'connected' | 'values'>;

/** Metrics that say where a device is, if its attributes don't. */
export const PLACE_METRICS: readonly string[] = ['lat', 'lon'];

export interface Scale {
  metric: string;
  /** Stands behind numbers; that of the metric itself if it is empty. */
  unit: string;
  min: number | null;
  max: number | null;
}

export const NO_SCALE: Scale = { metric: '', unit: '', min: null, max: null };

/** A spot for each device that has a place: what it said counts more than where it is registered. */
export function spotsOf(devices: readonly Placed[], scale: Scale = NO_SCALE): Spot[] {
  const values = devices.map(({ values }) => values.find(({ metric }) => metric === scale.metric));
  const numbers = values.flatMap((one) => (typeof one?.value === 'number' ? [one.value] : []));
  const low = scale.min ?? numbers.reduce((a, b) => Math.min(a, b), Infinity);
  const high = scale.max ?? numbers.reduce((a, b) => Math.max(a, b), -Infinity);
  return devices.flatMap((device, at) => {
    const place = where(device);
    const said = values[at];
    const value = said?.value ?? null;
    const part = value === null || high <= low ? undefined : Math.min(1, Math.max(0, (value - low) / (high - low)));
    const label = said === undefined ? '' : value === null ? (said.text ?? '') : `${number(value)} ${scale.unit || (said.unit ?? '')}`.trim();
    return place ? [{ name: device.name, ...place, label, away: !device.connected, ...(part !== undefined && { part }) }] : [];
  });
}

function where({ attributes, values }: Placed) {
  const said = new Map<string, number>();
  for (const { metric, value } of values) if (typeof value === 'number') said.set(metric, value);
  return placeOf(said) ?? placeOf(new Map(Object.entries(attributes)));
}

/** Those in sight; a map that is wider than the world shows some places twice. */
export function inSight(spots: readonly Spot[], { west, south, east, north }: View): Spot[] {
  const turns = [-360, 0, 360];
  return spots.filter(({ lat, lon }) => lat >= south && lat <= north && turns.some((turn) => lon + turn >= west && lon + turn <= east));
}
