// SPDX-License-Identifier: Apache-2.0
// What time it is on the server: a page may run on a machine whose clock is wrong.

/** The server's clock minus ours, in milliseconds. */
let ahead = 0;

/** Now, on the server's clock, in milliseconds since 1970. */
export function serverNow(): number {
  return Date.now() + ahead;
}

/** Learns from the header `Date` of an answer; it has whole seconds. */
export function noteClock(date: string | null, began: number | undefined): void {
  const server = Date.parse(date ?? '');
  if (!Number.isFinite(server) || began === undefined) return;
  const measured = server + 500 - (began + Date.now()) / 2;
  // Half a second is what the header can't tell; a clock that is right to that is left alone.
  ahead = Math.abs(measured) > 1500 ? measured : 0;
}
