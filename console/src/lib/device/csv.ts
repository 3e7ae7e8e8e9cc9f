// SPDX-License-Identifier: Apache-2.0
// A series as a file.
import { api } from '$lib/api/client';
import { download } from '$lib/files/download';

const BUCKETS_MAX = 5000;

/** Downloads a metric over a time, as the server writes it. */
export async function downloadCsv(thing: string, metric: string, from: number, to: number): Promise<void> {
  const query = { metric: [metric], from: new Date(from).toISOString(), to: new Date(to).toISOString(), buckets: BUCKETS_MAX };
  const answer = await api.GET('/api/v1/things/{name}/series', {
    params: { path: { name: thing }, query },
    headers: { Accept: 'text/csv' },
    parseAs: 'text',
  });
  download(`${thing}-${metric}.csv`, String(answer.data), 'text/csv');
}
