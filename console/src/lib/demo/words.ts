// SPDX-License-Identifier: Apache-2.0
// Figures of the demo in words.
import { number } from '$lib/numbers';
import type { Outcome } from './plug.svelte';

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** The whole outcome in one sentence. */
export function sentence({ acknowledged, there, missing, unanswered, backMs }: Outcome): string {
  const figures = [
    `${number(acknowledged)} acknowledged before the power went`,
    `${number(there)} there`,
    `${number(missing.length)} missing`,
    `back after ${seconds(backMs)}`,
  ];
  const open = unanswered === 1
    ? '1 was on its way and never acknowledged'
    : `${number(unanswered)} were on their way and never acknowledged`;
  return `${figures.join(', ')}; ${open}.`;
}
