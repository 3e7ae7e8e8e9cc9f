// SPDX-License-Identifier: Apache-2.0
// The server of a demo as a process: which one it is, its plug, and whether it is back.
import { api, data } from '$lib/api/client';
import { Failure } from '$lib/api/failure';
import { status } from '$lib/system/status';

const ANSWER_MS_MAX = 10_000;
const BACK_MS_MAX = 60_000;
const LOOK_EVERY_MS = 50;

/** The process that answers now. */
export async function processId(): Promise<number> {
  const { endpoints } = await status(AbortSignal.timeout(ANSWER_MS_MAX));
  const id = endpoints?.pid;
  if (typeof id !== 'number') throw new Error('only who is in the first account sees which process answers');
  return id;
}

/** Kills it. That there is no answer shows that it worked, or that the one after it answers what the
 * browser has sent again. */
export async function pullPlug(pid: number): Promise<void> {
  try {
    await api.POST('/api/v1/demo/plug', { params: { query: { pid } } });
  } catch (error) {
    if (error instanceof Failure && (error.status === 0 || error.status === 409)) return;
    throw error;
  }
  throw new Error('the server answered, so it still runs');
}

/** Resolves when it takes messages in again. */
export async function whenBack(): Promise<void> {
  const end = performance.now() + BACK_MS_MAX;
  while (performance.now() < end) {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    const answer = await fetch('/readyz', { cache: 'no-store', signal }).catch(() => null);
    if (answer?.ok) return;
    await pause(LOOK_EVERY_MS);
  }
  throw new Error(`the server is not back after ${BACK_MS_MAX / 1000} s; what the demo printed says why`);
}

/** The numbers that the table holds of a topic, each once. */
export async function numbersThere(topic: string): Promise<Set<number>> {
  const body = { sql: STATEMENT, params: [topic] };
  const { rows } = await data(api.POST('/api/v1/sql', { body }));
  // Payloads are bytes: base64 in JSON.
  return new Set(rows.map(([payload]) => Number(atob(String(payload)))));
}

export const STATEMENT = 'select distinct payload from messages where topic = $1';

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
