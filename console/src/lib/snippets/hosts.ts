// SPDX-License-Identifier: Apache-2.0
// Which address of the server a snippet names.
import type { Schema } from '$lib/api/client';

type Host = Schema<'Host'>;

/** Whether a name means this machine to whoever asks. */
export function isHere(name: string): boolean {
  return name === 'localhost' || name === '::1' || name.startsWith('127.');
}

/**
 * The address that a device most likely reaches. The server gives the best first; where nobody has
 * configured a name, the one that has brought this page here from another computer is better, for it works.
 */
export function likely(hosts: readonly Host[], here: string): string {
  const [first] = hosts;
  if (first === undefined) return here;
  const bare = here.replace(/^\[|\]$/g, '');
  const proven = hosts.find((host) => host.name === bare && host.covered && !isHere(host.name));
  return first.why === 'public_host' || proven === undefined ? first.name : proven.name;
}

/** What is said of an address beside it. */
export function note(host: Host): string {
  if (!host.covered) return ' (not in the server’s certificate)';
  if (isHere(host.name)) return ' (on its own machine)';
  if (host.name.endsWith('.local')) return ' (by mDNS)';
  return host.why === 'certificate' ? ' (from the certificate)' : '';
}
