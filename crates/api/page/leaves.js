// SPDX-License-Identifier: Apache-2.0
// The rows that a payload gives in `telemetry`: a leaf each, named by its path, as the lake does it.

const LEAVES_MAX = 256;
const DEPTH_MAX = 8;

/** [[metric, {value, text}], …] of a JSON payload. */
export function leavesOf(payload) {
  const found = [];
  walk(payload, "", 0, found);
  return found;
}

function walk(json, path, depth, found) {
  if (json === null || json === undefined || found.length >= LEAVES_MAX) return;
  if (typeof json === "object") {
    if (depth >= DEPTH_MAX) return;
    for (const [name, inner] of Object.entries(json)) {
      walk(inner, path === "" ? name : `${path}.${name}`, depth + 1, found);
    }
    return;
  }
  found.push([path === "" ? "value" : path, leaf(json)]);
}

function leaf(json) {
  if (typeof json === "string") return { value: null, text: json };
  return { value: Number(json), text: null };
}
