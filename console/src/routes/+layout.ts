// SPDX-License-Identifier: Apache-2.0
// Everything is drawn in the browser; the server has one document for all paths.
export const ssr = false;
export const prerender = false;
export const trailingSlash = 'never';
