// SPDX-License-Identifier: Apache-2.0
// The list of devices, page after page as the reader comes to it.
import { api, data, type Schema } from '$lib/api/client';

export type Device = Schema<'ThingRow'>;

export interface Filter {
  search: string;
  type: string;
  attribute: string;
  group: string;
  presence: string;
}

export type Presence = Schema<'WantedPresence'>;

/** How devices may be connected, and the word for it. */
export const PRESENCES: readonly { id: Presence; label: string }[] = [
  { id: 'connected', label: 'Connected' },
  { id: 'offline', label: 'Offline' },
  { id: 'never', label: 'Never seen' },
];

/** The filter that stands in an address. */
export function filterOf(query: URLSearchParams): Filter {
  const get = (name: string) => query.get(name) ?? '';
  return { search: get('search'), type: get('type'), attribute: get('attribute'), group: get('group'), presence: get('presence') };
}

/** How devices are wanted to be connected, if it counts. */
export const presenceOf = ({ presence }: Filter): Presence | undefined => PRESENCES.find(({ id }) => id === presence)?.id;

export class DeviceList {
  rows = $state.raw<Device[]>([]);
  error = $state.raw<unknown>();
  busy = $state(false);
  /** Whether there are more. */
  more = $state(true);
  #filter: Filter = filterOf(new URLSearchParams());
  #next: string | null = null;
  #running: AbortController | undefined;
  readonly #rows: number;
  readonly #metrics: string;

  /** @param rows Devices of a request, at most 1,000. @param metrics Whose last values are wanted. */
  constructor(rows = 500, metrics: readonly string[] = []) {
    this.#rows = rows;
    this.#metrics = metrics.join(',');
  }

  /** Begins again with another filter. */
  async begin(filter: Filter): Promise<void> {
    this.#filter = filter;
    this.#running?.abort();
    await this.#ask(null);
  }

  /** The next page, if there is one and none is on its way. */
  async further(): Promise<void> {
    if (!this.busy && this.more && this.error === undefined) await this.#ask(this.#next);
  }

  async again(): Promise<void> {
    await this.begin(this.#filter);
  }

  async #ask(after: string | null): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    this.busy = true;
    try {
      const page = await this.#page(after, running.signal);
      if (running.signal.aborted) return;
      this.rows = after === null ? page.things : [...this.rows, ...page.things];
      this.#next = page.next ?? null;
      this.more = this.#next !== null;
      this.error = undefined;
    } catch (error) {
      if (!running.signal.aborted) this.error = error;
    } finally {
      if (this.#running === running) this.busy = false;
    }
  }

  /** A page of the server may be short or empty and yet not the last. */
  async #page(after: string | null, signal: AbortSignal): Promise<Schema<'ThingList'>> {
    const { search, type, attribute, group } = this.#filter;
    const presence = presenceOf(this.#filter);
    const query = {
      limit: this.#rows, ...(this.#metrics && { metrics: this.#metrics }), ...(presence && { presence }),
      ...(search && { search }), ...(type && { type }), ...(attribute && { attribute }), ...(group && { group }),
    };
    let page = await data(api.GET('/api/v1/things', { params: { query: { ...query, ...(after && { after }) } }, signal }));
    const things = [...page.things];
    while (things.length === 0 && page.next) {
      page = await data(api.GET('/api/v1/things', { params: { query: { ...query, after: page.next } }, signal }));
      things.push(...page.things);
    }
    return { things, next: page.next ?? null };
  }
}
