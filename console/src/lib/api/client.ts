// SPDX-License-Identifier: Apache-2.0
// The API, by the types that are made from its document. A refusal is thrown as a `Failure`.
import createClient, { type Middleware } from 'openapi-fetch';
import { failureOf, unreachable } from './failure';
import type { components, paths } from './schema';
import { noteClock } from '../time/server-clock';

/** A type of the document, as in `Schema<'ListedThing'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

/** Is told when an answer says that nobody is signed in any more. */
let ended: () => void = () => {};

export function whenSessionEnds(act: () => void): void {
  ended = act;
}

const refusals: Middleware = {
  onRequest({ request }) {
    began.set(request, Date.now());
  },
  async onResponse({ request, response }) {
    noteClock(response.headers.get('date'), began.get(request));
    if (response.ok) return;
    if (response.status === 401 && !isOpen(request)) ended();
    throw await failureOf(response);
  },
  onError({ error }) {
    return error instanceof DOMException && error.name === 'AbortError' ? error : unreachable();
  },
};

const began = new WeakMap<Request, number>();

/** Signing in answers 401 itself, and that ends no session. */
function isOpen(request: Request): boolean {
  const path = new URL(request.url).pathname;
  return request.method === 'POST' && (path === '/api/v1/session' || path === '/api/v1/setup');
}

const client = createClient<paths>({ baseUrl: '/' });
client.use(refusals);

export const api = client;

/** The JSON of an answer, which is there: a refusal would have been thrown. */
export async function data<T>(answer: Promise<{ data?: T }>): Promise<Exclude<NonNullable<T>, string>> {
  const { data: value } = await answer;
  return value as Exclude<NonNullable<T>, string>;
}
