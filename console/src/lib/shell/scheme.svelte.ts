// SPDX-License-Identifier: Apache-2.0
// Light, dark, or as the system has it. static/scheme.js does the same before the first paint.
import { stored } from '$lib/stored.svelte';

export type Scheme = 'system' | 'light' | 'dark';

const choice = stored('headwater.scheme', 'system');

export const scheme = {
  get chosen(): Scheme {
    return choice.value === 'light' || choice.value === 'dark' ? choice.value : 'system';
  },
  set chosen(next: Scheme) {
    choice.value = next;
    if (next === 'system') delete document.documentElement.dataset.scheme;
    else document.documentElement.dataset.scheme = next;
  },
};
