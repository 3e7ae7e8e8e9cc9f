// SPDX-License-Identifier: Apache-2.0
// A static single-page application: the server answers every path of it with index.html.
import adapter from '@sveltejs/adapter-static';

/** @type {import('@sveltejs/kit').Config} */
export default {
  compilerOptions: { runes: true },
  kit: {
    adapter: adapter({ fallback: 'index.html', pages: 'dist', assets: 'dist', precompress: true }),
    // The server makes the policy's header, with the hash of the one script that stands inline.
    serviceWorker: { register: false },
    paths: { relative: false },
    version: { name: process.env.HEADWATER_CONSOLE_VERSION ?? 'dev', pollInterval: 0 },
  },
};
