// SPDX-License-Identifier: Apache-2.0
// Who is signed in.
import { api, data, type Schema } from './api/client';
import { Failure } from './api/failure';

export type Identity = Schema<'Identity'>;

let identity = $state.raw<Identity | null>(null);

export const session = {
  get identity(): Identity | null {
    return identity;
  },
  /** Whether what changes something is open to who is signed in. */
  get isAdmin(): boolean {
    return identity?.role === 'admin';
  },
  /** Whether it is a person with a name, who has a password and sessions. */
  get isUser(): boolean {
    return identity?.kind === 'user';
  },
};

/** Asks who is signed in; null if nobody is. */
export async function recall(): Promise<Identity | null> {
  try {
    identity = await data(api.GET('/api/v1/session'));
  } catch (error) {
    if (!(error instanceof Failure) || error.status !== 401) throw error;
    identity = null;
  }
  return identity;
}

export async function signIn(body: Schema<'Credentials'>): Promise<void> {
  identity = await data(api.POST('/api/v1/session', { body }));
}

export async function signOut(): Promise<void> {
  await api.DELETE('/api/v1/session');
  identity = null;
}

/** Whoever was signed in is not any more. */
export function forget(): void {
  identity = null;
}

/** Where to go after signing in: a path of this site and nothing else. */
export function safePath(path: string | null): string {
  return path !== null && /^\/(?![/\\])/.test(path) ? path : '/';
}

/** The sign-in page that comes back to where one is. */
export function signInPath(url: URL): string {
  const here = url.pathname + url.search;
  return here === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(here)}`;
}
