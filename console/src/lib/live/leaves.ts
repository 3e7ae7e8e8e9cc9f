// SPDX-License-Identifier: Apache-2.0
// The rows that a payload gives in `telemetry`: a leaf each, named by its path, as the lake does it
// (crates/lake/src/flatten).

const LEAVES_MAX = 256;
const DEPTH_MAX = 8;

export interface Leaf {
  metric: string;
  value: number | null;
  text: string | null;
}

/** The leaves of a JSON payload. */
export function leavesOf(payload: unknown): Leaf[] {
  const found: Leaf[] = [];
  walk(payload, '', 0, found);
  return found;
}

function walk(json: unknown, path: string, depth: number, found: Leaf[]): void {
  if (json === null || json === undefined || found.length >= LEAVES_MAX) return;
  if (typeof json === 'object') {
    if (depth >= DEPTH_MAX) return;
    for (const [name, inner] of Object.entries(json)) {
      walk(inner, path === '' ? name : `${path}.${name}`, depth + 1, found);
    }
    return;
  }
  const text = typeof json === 'string' ? json : null;
  found.push({ metric: path || 'value', value: text === null ? Number(json) : null, text });
}
