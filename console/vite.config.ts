// SPDX-License-Identifier: Apache-2.0
import { sveltekit } from '@sveltejs/kit/vite';
import { env } from 'node:process';
import { defineConfig, type Plugin } from 'vite';

// `npm run dev` shows the pages of this folder over the API of a server that runs.
const server = env['HEADWATER_URL'] ?? 'http://127.0.0.1:8080';

/** SvelteKit hides its announcer of new pages by a `style` attribute, which our policy refuses. */
const announcer: Plugin = {
  name: 'headwater-announcer',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/generated/root.svelte')) return;
    const hidden = code.replace(/(id="svelte-announcer"[^>]*?) style="[^"]*"/, '$1 class="unseen"');
    if (hidden === code) throw new Error('the announcer looks otherwise: see vite.config.ts');
    return hidden;
  },
};

export default defineConfig({
  plugins: [announcer, sveltekit()],
  build: { target: 'es2022', assetsInlineLimit: 0 },
  server: { proxy: Object.fromEntries(['/api', '/open'].map((path) => [path, { target: server }])) },
});
