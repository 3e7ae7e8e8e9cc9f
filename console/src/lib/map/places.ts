// SPDX-License-Identifier: Apache-2.0
// Where devices are: all that fit, or one alone.
import { api, data, type Schema } from '$lib/api/client';
import { pages } from '$lib/pages';
import { placeOf } from './place';

export type Placed = Schema<'ThingPlace'>;

export interface Places {
  places: Placed[];
  /** How many devices fit, with a place or without. */
  devices: number;
  /** More of them than are asked for. */
  more: boolean;
}

/** Which devices; what is empty or left out does not count. */
export interface Wanted {
  search?: string | null;
  type?: string | null;
  group?: string | null;
  attribute?: string | null;
  presence?: Schema<'WantedPresence'> | undefined;
  /** Its last value stands beside each. */
  metric?: string;
}

/** Of 10,000 devices each. */
const PAGES_MAX = 10;

export async function placesOf(wanted: Wanted, signal: AbortSignal): Promise<Places> {
  const { search, type, group, attribute, presence, metric } = wanted;
  const asked = {
    ...(search && { search }), ...(type && { type }), ...(group && { group }), ...(attribute && { attribute }),
    ...(presence && { presence }), ...(metric && { metric }),
  };
  let devices = 0;
  const found = await pages(PAGES_MAX, async (after) => {
    const query = { ...asked, ...(after !== null && { after }) };
    const page = await data(api.GET('/api/v1/places', { params: { query }, signal }));
    devices += page.things;
    return { rows: page.places, next: page.next ?? null };
  });
  return { places: found.rows, devices, more: found.more };
}

/** Of one device, by any of its metrics, or its attributes. */
export async function placeOfOne(name: string, metric: string, signal: AbortSignal): Promise<Places> {
  const thing = await data(api.GET('/api/v1/things/{name}', { params: { path: { name } }, signal }));
  const said = new Map<string, number>();
  for (const { metric, value } of thing.values) if (typeof value === 'number') said.set(metric, value);
  const place = placeOf(said) ?? placeOf(new Map(Object.entries(thing.attributes)));
  const value = thing.values.find((one) => one.metric === metric) ?? null;
  return { places: place ? [{ name, ...place, connected: thing.connected, value }] : [], devices: 1, more: false };
}
