// SPDX-License-Identifier: Apache-2.0
// An answer as a Parquet file: columns keep their types, for DuckDB, pandas and others.
import { api } from '$lib/api/client';
import { download } from '$lib/files/download';

const TYPE = 'application/vnd.apache.parquet';

/** Asks and hands the file to the reader. */
export async function sqlParquet(name: string, sql: string, params: string[] = []): Promise<void> {
  const query = { format: 'parquet' as const };
  const answer = await api.POST('/api/v1/sql', { params: { query }, body: { sql, params }, parseAs: 'blob' });
  download(name, answer.data as unknown as Blob, TYPE);
}
