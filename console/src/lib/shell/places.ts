// SPDX-License-Identifier: Apache-2.0
// The places of the console, in the order of the navigation. A new page is a line here.
import { demo } from '$lib/system/demo.svelte';
import type { IconName } from '$lib/ui/Icon.svelte';

export interface Place {
  href: string;
  label: string;
  icon: IconName;
  /** Words by which the command palette finds it too. */
  also?: string;
  /** In the bar at the bottom of a phone. */
  first?: boolean;
}

const PLACES: readonly Place[] = [
  { href: '/', label: 'Home', icon: 'home', first: true },
  { href: '/devices', label: 'Devices', icon: 'devices', also: 'things sensors meters', first: true },
  { href: '/dashboards', label: 'Dashboards', icon: 'dashboards', also: 'widgets charts gauges' },
  { href: '/messages', label: 'Messages', icon: 'messages', also: 'publish subscribe topics mqtt', first: true },
  { href: '/data', label: 'Data', icon: 'data', also: 'sql tables query export csv', first: true },
  { href: '/policies', label: 'Policies', icon: 'policies', also: 'permissions allow deny' },
  { href: '/certificates', label: 'Certificates', icon: 'certificates', also: 'ca tls x509 trust' },
  { href: '/people', label: 'Users and keys', icon: 'people', also: 'accounts password api key' },
  { href: '/system', label: 'System', icon: 'system', also: 'workers health log disk versions' },
];

const DEMO: Place = { href: '/demo', label: 'Demo', icon: 'plug', also: 'pull the plug kill water meters' };

/** All places; the server of a demo has one more. */
export function places(): readonly Place[] {
  return demo.here ? [DEMO, ...PLACES] : PLACES;
}

/** Whether a path is this place's or lies below it. */
export function isAt(place: Place, path: string): boolean {
  return place.href === '/' ? path === '/' : path === place.href || path.startsWith(`${place.href}/`);
}
