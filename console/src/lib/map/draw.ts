// SPDX-License-Identifier: Apache-2.0
// MapLibre over our own land, with nothing from any service. Loaded when the first map is shown.
import type { FeatureCollection } from 'geojson';
import { type ExpressionSpecification, GeoJSONSource, Map as MapLibre, NavigationControl, prewarm, setWorkerUrl } from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import worker from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { colourAt } from '$lib/chart/colours';
import type { Place } from './place';

setWorkerUrl(worker);
// Its worker starts while what it is to draw is on its way.
prewarm();

export interface Spot extends Place {
  name: string;
  /** What stands beside it. */
  label?: string;
  /** Where its value lies on the scale, from 0 to 1; its colour. */
  part?: number;
  /** A ring instead of a disc: it is not connected. */
  away?: boolean;
}

/** What is in sight. */
export interface View {
  west: number;
  south: number;
  east: number;
  north: number;
}

export interface Drawn {
  show(spots: readonly Spot[]): void;
  destroy(): void;
}

const CLUSTER_PIXELS = 40;
/** Closer than that each stands for itself. Spots are counted once for each step of zoom. */
const CLUSTER_ZOOM_MAX = 12;
/** How long a map may take before what there is of it is shown. */
const PATIENCE_MS = 700;
/** From that zoom on coasts are drawn kilometre by kilometre; who never looks so close waits for less. */
const NEAR_ZOOM = 3;

export interface Wishes {
  /** Names the map for who can't see it. */
  label: string;
  onchoose(name: string): void;
  onview(view: View): void;
}

export function draw(element: HTMLElement, spots: readonly Spot[], { label, onchoose, onview }: Wishes): Drawn {
  const colour = (property: string) => colourAt(element, property);
  const shade: ExpressionSpecification = [
    'case', ['has', 'part'],
    ['interpolate', ['linear'], ['get', 'part'], 0, colour('--line-1'), 1, colour('--line-2')],
    colour('--accent'),
  ];
  const isCluster: ExpressionSpecification = ['has', 'point_count'];
  const map = new MapLibre({
    container: element,
    style: {
      version: 8,
      sources: {
        land: { type: 'geojson', data: '/map/land-far.json', attribution: 'Natural Earth' },
        spots: { type: 'geojson', data: points(spots), cluster: true, clusterRadius: CLUSTER_PIXELS, clusterMaxZoom: CLUSTER_ZOOM_MAX },
      },
      layers: [
        { id: 'sea', type: 'background', paint: { 'background-color': colour('--sunk') } },
        { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': colour('--raised'), 'fill-antialias': false } },
        {
          // Clusters, too: one layer is one program for the graphics card.
          id: 'spots', type: 'circle', source: 'spots',
          paint: {
            'circle-radius': ['case', isCluster, ['step', ['get', 'point_count'], 12, 20, 16, 200, 22], 7],
            'circle-stroke-width': ['case', isCluster, 0, 2],
            'circle-color': ['case', isCluster, colour('--accent'), ['get', 'away'], colour('--raised'), shade],
            'circle-stroke-color': ['case', ['get', 'away'], shade, colour('--raised')],
          },
        },
        {
          id: 'counts', type: 'symbol', source: 'spots', filter: isCluster,
          layout: { 'text-field': ['get', 'point_count_abbreviated'], 'text-size': 12, 'text-allow-overlap': true },
          paint: { 'text-color': colour('--on-accent') },
        },
        {
          id: 'labels', type: 'symbol', source: 'spots', filter: ['has', 'label'],
          layout: { 'text-field': ['get', 'label'], 'text-size': 12, 'text-anchor': 'top', 'text-offset': [0, 0.8] },
          paint: { 'text-color': colour('--text'), 'text-halo-color': colour('--ground'), 'text-halo-width': 1.5 },
        },
      ],
    },
    bounds: bounds(spots),
    fitBoundsOptions: fit(spots),
    attributionControl: { compact: true },
    fadeDuration: 0,
    validateStyle: false,
    // Only a fleet on both sides of 180 degrees needs the world more than once.
    renderWorldCopies: crosses(spots),
    locale: { 'Map.Title': label },
  });
  appearWhole(map);
  map.addControl(new NavigationControl({ showCompass: false }));
  map.on('click', 'spots', ({ features, lngLat }) => {
    const known = features?.[0]?.properties;
    if (typeof known?.['name'] === 'string') onchoose(known['name']);
    else map.easeTo({ center: lngLat, zoom: map.getZoom() + 2 });
  });
  map.on('mouseenter', 'spots', () => (map.getCanvas().style.cursor = 'pointer'));
  map.on('mouseleave', 'spots', () => (map.getCanvas().style.cursor = ''));
  // What was on its way when the map went is nobody's loss.
  map.on('error', ({ error }) => {
    if (!/abort/i.test(error.message)) console.warn(error.message);
  });
  const look = () => {
    const seen = map.getBounds();
    onview({ west: seen.getWest(), south: seen.getSouth(), east: seen.getEast(), north: seen.getNorth() });
  };
  const near = () => {
    if (map.getZoom() < NEAR_ZOOM) return;
    map.off('zoom', near);
    map.addSource('near', { type: 'geojson', data: '/map/land.json' });
    map.addLayer({ id: 'near', type: 'fill', source: 'near', minzoom: NEAR_ZOOM, paint: { 'fill-color': colour('--raised'), 'fill-outline-color': colour('--edge-strong') } }, 'spots');
    map.on('sourcedata', ({ sourceId, isSourceLoaded }) => {
      if (sourceId === 'near' && isSourceLoaded) map.setLayerZoomRange('land', 0, NEAR_ZOOM);
    });
  };
  map.on('load', () => {
    map.on('zoom', near);
    near();
  });
  map.on('load', look);
  map.on('moveend', look);
  map.on('idle', () => (element.dataset['drawn'] = 'yes'));
  // Until the reader takes it in hand, the map shows all spots.
  let untouched = true;
  let latest = spots;
  const put = () => {
    const source = map.getSource('spots');
    if (source instanceof GeoJSONSource) void source.setData(points(latest));
  };
  // What came while the style was read.
  map.on('load', () => latest !== spots && put());
  for (const hand of ['mousedown', 'wheel', 'touchstart', 'keydown'] as const) {
    element.addEventListener(hand, () => (untouched = false), { passive: true });
  }
  return {
    show(next) {
      const more = next.length > latest.length;
      latest = next;
      put();
      map.setRenderWorldCopies(crosses(next));
      if (untouched && more) map.fitBounds(bounds(next), { ...fit(next), animate: false });
    },
    destroy: () => map.remove(),
  };
}

/** Half a map is in nobody's sight unless the other half takes long: without a graphics card each picture
 * on the way would cost more than what it shows. */
function appearWhole(map: MapLibre) {
  const { style } = map.getCanvas();
  style.visibility = 'hidden';
  const appear = () => {
    clearTimeout(patience);
    style.visibility = '';
  };
  const patience = setTimeout(appear, PATIENCE_MS);
  map.once('load', appear);
  map.once('remove', appear);
}

/** One alone is shown with the coasts around it. */
const fit = (spots: readonly Spot[]) => ({ padding: 50, maxZoom: spots.length > 1 ? 7 : 3.5 });

function points(spots: readonly Spot[]): FeatureCollection {
  return {
    type: 'FeatureCollection',
    features: spots.map(({ name, lat, lon, label, part, away = false }) => ({
      type: 'Feature',
      properties: { name, away, ...(label && { label }), ...(part !== undefined && { part }) },
      geometry: { type: 'Point', coordinates: [lon, lat] },
    })),
  };
}

function bounds(spots: readonly Spot[]): [number, number, number, number] {
  if (spots.length === 0) return [-170, -60, 170, 75];
  const [west, east] = widest(spots);
  const lats = spots.map(({ lat }) => lat);
  const low = lats.reduce((a, b) => Math.min(a, b));
  const high = lats.reduce((a, b) => Math.max(a, b));
  return [west - 0.05, low - 0.05, east + 0.05, high + 0.05];
}

const crosses = (spots: readonly Spot[]) => spots.length > 0 && widest(spots)[1] > 180;

/** From the westernmost spot to the easternmost, on the far side of the widest gap between any two. */
function widest(spots: readonly Spot[]): [west: number, east: number] {
  const lons = spots.map(({ lon }) => lon).sort((a, b) => a - b);
  const [first = 0] = lons;
  const last = lons.at(-1) ?? 0;
  let [gap, west, east] = [first + 360 - last, first, last];
  lons.forEach((lon, at) => {
    const before = lons[at - 1] ?? lon;
    if (lon - before > gap) [gap, west, east] = [lon - before, lon, before + 360];
  });
  return [west, east];
}
