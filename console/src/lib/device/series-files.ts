// SPDX-License-Identifier: Apache-2.0
// A series as a file: down-sampled, or whole.
import { api } from '$lib/api/client';
import { sqlParquet } from '$lib/data/parquet';
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

const WHOLE = `select time, value, text from telemetry
where thing = $1 and metric = $2 and time >= $3::timestamptz and time < $4::timestamptz
order by time`;

/** Downloads each value of a metric over a time; more than an answer may have is refused. */
export async function downloadParquet(thing: string, metric: string, from: number, to: number): Promise<void> {
  const params = [thing, metric, new Date(from).toISOString(), new Date(to).toISOString()];
  await sqlParquet(`${thing}-${metric}.parquet`, WHOLE, params);
}
