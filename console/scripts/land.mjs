// SPDX-License-Identifier: Apache-2.0
// Before the build: land of Natural Earth (public domain) as GeoJSON, for maps without any service.
// world-atlas joins rings across the antimeridian; they are cut there once, or a map would paint
// land over the sea. No borders and no names: whose they are is not ours to say.
// `land-far.json` is for who looks from far away, `land.json` for who looks closer.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { geoEquirectangular } from 'd3-geo';
import { geoProject } from 'd3-geo-projection';
import { feature } from 'topojson-client';

const degrees = geoEquirectangular().scale(180 / Math.PI).translate([0, 0]).precision(0.1);

/** Hundredths of a degree: a kilometre, which is finer than the drawing. */
const round = (value) => Math.round(value * 100) / 100;

function tidy(ring) {
  const points = ring.map(([x, y]) => [round(x), round(-y)]);
  return points.filter(([x, y], at) => at === 0 || x !== points[at - 1][0] || y !== points[at - 1][1]);
}

function write(from, to) {
  const topology = JSON.parse(readFileSync(`node_modules/world-atlas/${from}`, 'utf8'));
  const cut = geoProject(feature(topology, topology.objects.land), degrees);
  const shapes = (cut.features ?? [cut]).map((one) => one.geometry ?? one);
  const polygons = shapes.flatMap((shape) => (shape.type === 'Polygon' ? [shape.coordinates] : shape.coordinates));
  const coordinates = polygons.map((rings) => rings.map(tidy).filter((ring) => ring.length > 3)).filter((rings) => rings.length > 0);
  writeFileSync(to, JSON.stringify({ type: 'MultiPolygon', coordinates }));
}

mkdirSync('static/map', { recursive: true });
write('land-110m.json', 'static/map/land-far.json');
write('land-50m.json', 'static/map/land.json');
