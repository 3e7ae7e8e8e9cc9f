// SPDX-License-Identifier: Apache-2.0
// After the build: names in index.html every script that the first page loads, so that the browser
// fetches them at once and not one after the other, and so that their size can be counted. Refuses
// a first page that has grown too large.
import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const SITE = 'dist';
const GENERATED = '.svelte-kit/generated/client-optimized';
/** Brotli bytes of JavaScript of the first page. */
const FIRST_BYTES_MAX = 100_000;

const manifest = JSON.parse(readFileSync('.svelte-kit/output/client/.vite/manifest.json', 'utf8'));

/** The nodes of the home page: the root's layout, the console's, the page. */
function nodesOfHome() {
  const app = readFileSync(`${GENERATED}/app.js`, 'utf8');
  const found = /"\/\(console\)": \[(\d+),\[([\d,]*)\]/.exec(app);
  if (!found) throw new Error('the home page is not among the routes');
  return [0, ...found[2].split(',').filter(Boolean).map(Number), Number(found[1])];
}

/** A chunk, what it imports and their styles. */
function reach(key, found) {
  const chunk = manifest[key];
  if (!chunk || found.has(chunk.file)) return;
  found.add(chunk.file);
  for (const style of chunk.css ?? []) found.add(style);
  for (const inner of chunk.imports ?? []) reach(inner, found);
}

const files = new Set();
for (const [key, chunk] of Object.entries(manifest)) {
  if (chunk.isEntry && /entry\/(start|app)/.test(chunk.file)) reach(key, files);
}
for (const node of nodesOfHome()) reach(`${GENERATED}/nodes/${node}.js`, files);

let page = readFileSync(`${SITE}/index.html`, 'utf8');
const links = [...files]
  .filter((file) => !page.includes(`href="/${file}"`))
  .map((file) => `<link href="/${file}" rel="${file.endsWith('.css') ? 'stylesheet' : 'modulepreload'}">`);
page = page.replace('</head>', `${links.join('\n    ')}\n  </head>`);
writeFileSync(`${SITE}/index.html`, page);
writeFileSync(`${SITE}/index.html.gz`, gzipSync(page, { level: 9 }));
writeFileSync(`${SITE}/index.html.br`, brotliCompressSync(page, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: page.length } }));

const scripts = [...files].filter((file) => file.endsWith('.js'));
const bytes = scripts.reduce((sum, file) => sum + readFileSync(`${SITE}/${file}.br`).length, 0);
console.log(`first page: ${scripts.length} scripts, ${bytes} bytes of brotli`);
if (bytes > FIRST_BYTES_MAX) {
  console.error(`that is more than ${FIRST_BYTES_MAX}: import what the first page does not need lazily`);
  process.exit(1);
}
