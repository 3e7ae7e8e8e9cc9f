// SPDX-License-Identifier: Apache-2.0
/// <reference types="@sveltejs/kit" />
/// <reference lib="webworker" />
// Keeps the console's own files, so that it opens at once and says for itself that the server can't
// be reached. Nothing of the API is kept.
import { build, files, version } from '$service-worker';

const self_ = self as unknown as ServiceWorkerGlobalScope;
const CACHE = `console-${version}`;
const OWN = new Set([...build, ...files]);

self_.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(CACHE)
      .then((cache) => cache.add('/'))
      .then(() => self_.skipWaiting()),
  );
});

self_.addEventListener('activate', (event) => {
  const old = caches.keys().then((keys) => Promise.all(keys.filter((key) => key !== CACHE).map((key) => caches.delete(key))));
  event.waitUntil(old.then(() => self_.clients.claim()));
});

/** A file that was used once is kept; what was never used is not fetched beforehand. */
async function kept(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const known = await cache.match(request);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

self_.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self_.location.origin) return;
  if (pathname.startsWith('/_app/immutable/') || OWN.has(pathname)) {
    event.respondWith(kept(request));
  } else if (request.mode === 'navigate' && !/^\/(api|open)\//.test(pathname)) {
    // A new release's page before an old one's.
    event.respondWith(fetch(request).catch(async () => (await caches.match('/')) ?? Response.error()));
  }
});
