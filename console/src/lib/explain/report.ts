// SPDX-License-Identifier: Apache-2.0
// An explanation, as docs/operations.md tells its parts.
import { api, data } from '$lib/api/client';

export interface Step {
  step: string;
  outcome: 'ok' | 'warn' | 'fail' | 'unknown';
  time?: string;
  text: string;
  /** What to do. */
  cure?: string;
  detail?: unknown;
}

export interface Report {
  about: Record<string, unknown>;
  verdict: string;
  steps: Step[];
}

export type About = { trace: string } | { thing: string } | { client: string };

export async function explain(about: About, signal?: AbortSignal): Promise<Report> {
  const asked = api.GET('/api/v1/explain', { params: { query: about }, ...(signal && { signal }) });
  return (await data(asked)) as unknown as Report;
}
