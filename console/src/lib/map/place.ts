// SPDX-License-Identifier: Apache-2.0
// Where a device is, if it says so: by attributes, or by metrics.

export interface Place {
  lat: number;
  lon: number;
}

const NAMES: readonly (readonly [string, string])[] = [
  ['lat', 'lon'], ['lat', 'lng'], ['latitude', 'longitude'],
];

/** From what has names: attributes, or last values. Metrics may lie deeper, as in `gps.lat`. */
export function placeOf(named: ReadonlyMap<string, string | number>): Place | null {
  for (const [lat, lon] of NAMES) {
    for (const key of named.keys()) {
      const at = key.toLowerCase();
      if (at !== lat && !at.endsWith(`.${lat}`)) continue;
      const base = key.slice(0, key.length - lat.length);
      const other = [...named.keys()].find((one) => one.toLowerCase() === `${base}${lon}`.toLowerCase());
      const found = other === undefined ? null : valid(Number(named.get(key)), Number(named.get(other)));
      if (found) return found;
    }
  }
  return null;
}

function valid(lat: number, lon: number): Place | null {
  const fits = Number.isFinite(lat) && Number.isFinite(lon) && Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
  return fits ? { lat, lon } : null;
}
