// SPDX-License-Identifier: Apache-2.0
// Pages for who is signed in. Others go to sign-in and come back to the same page.
import { redirect } from '@sveltejs/kit';
import { recall, session, signInPath } from '$lib/session.svelte';

export async function load({ url }: { url: URL }): Promise<void> {
  if (session.identity !== null) return;
  if ((await recall()) === null) redirect(307, signInPath(url));
}
