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
  const map = new MapLibre({
    container: element,
    style: {
      version: 8,
      sources: {
        land: { type: 'geojson', data: '/map/land-far.json', attribution: 'Natural Earth' },
        spots: { type: 'geojson', data: points(spots), cluster: true, clusterRadius: CLUSTER_PIXELS },
      },
      layers: [
        { id: 'sea', type: 'background', paint: { 'background-color': colour('--sunk') } },
        { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': colour('--raised'), 'fill-antialias': false } },
        {
          id: 'clusters', type: 'circle', source: 'spots', filter: ['has', 'point_count'],
          paint: { 'circle-color': colour('--accent'), 'circle-radius': ['step', ['get', 'point_count'], 12, 20, 16, 200, 22] },
        },
        {
          id: 'counts', type: 'symbol', source: 'spots', filter: ['has', 'point_count'],
          layout: { 'text-field': ['get', 'point_count_abbreviated'], 'text-size': 12, 'text-allow-overlap': true },
          paint: { 'text-color': colour('--on-accent') },
        },
        {
          id: 'spots', type: 'circle', source: 'spots', filter: ['!', ['has', 'point_count']],
          paint: {
            'circle-radius': 7, 'circle-stroke-width': 2,
            'circle-color': ['case', ['get', 'away'], colour('--raised'), shade],
            'circle-stroke-color': ['case', ['get', 'away'], shade, colour('--raised')],
          },
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
    locale: { 'Map.Title': label },
  });
  map.addControl(new NavigationControl({ showCompass: false }));
  map.on('click', 'spots', (event) => {
    const name = event.features?.[0]?.properties['name'];
    if (typeof name === 'string') onchoose(name);
  });
  map.on('click', 'clusters', (event) => {
    map.easeTo({ center: event.lngLat, zoom: map.getZoom() + 2 });
  });
  for (const layer of ['spots', 'clusters']) {
    map.on('mouseenter', layer, () => (map.getCanvas().style.cursor = 'pointer'));
    map.on('mouseleave', layer, () => (map.getCanvas().style.cursor = ''));
  }
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
    map.addLayer({ id: 'near', type: 'fill', source: 'near', minzoom: NEAR_ZOOM, paint: { 'fill-color': colour('--raised'), 'fill-outline-color': colour('--edge-strong') } }, 'clusters');
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
      if (untouched && more) map.fitBounds(bounds(next), { ...fit(next), animate: false });
    },
    destroy: () => map.remove(),
  };
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
  const lons = spots.map(({ lon }) => lon);
  const lats = spots.map(({ lat }) => lat);
  const low = (all: number[]) => all.reduce((a, b) => Math.min(a, b));
  const high = (all: number[]) => all.reduce((a, b) => Math.max(a, b));
  return [low(lons) - 0.05, low(lats) - 0.05, high(lons) + 0.05, high(lats) + 0.05];
}
