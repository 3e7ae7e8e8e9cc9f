// SPDX-License-Identifier: Apache-2.0
// Queries that the account keeps.
import { api, data, type Schema } from '$lib/api/client';
import { idOf } from '$lib/dashboards/model';

export type Saved = Schema<'SavedQuery'>;

export async function list(signal: AbortSignal): Promise<Schema<'ListedDocument'>[]> {
  return (await data(api.GET('/api/v1/queries', { params: { query: { limit: 1000 } }, signal }))).queries;
}

export function read(id: string): Promise<Saved> {
  return data(api.GET('/api/v1/queries/{id}', { params: { path: { id } } }));
}

/** Saves under a title: anew, or in the place of the one that has it. */
export async function save(title: string, sql: string, known: readonly Schema<'ListedDocument'>[]): Promise<void> {
  const id = idOf(title);
  const same = known.find((one) => one.id === id);
  const body = { id, title, sql, version: same?.version ?? 0 };
  if (same) await api.PUT('/api/v1/queries/{id}', { params: { path: { id } }, body });
  else await api.POST('/api/v1/queries', { body });
}

export async function remove(id: string): Promise<void> {
  await api.DELETE('/api/v1/queries/{id}', { params: { path: { id } } });
}
