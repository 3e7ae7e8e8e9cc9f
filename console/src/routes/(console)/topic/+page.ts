// SPDX-License-Identifier: Apache-2.0
// The address that links of the first release have.
import { redirect } from '@sveltejs/kit';

export function load({ url }: { url: URL }): never {
  redirect(307, `/messages?topic=${encodeURIComponent(url.searchParams.get('name') ?? '#')}`);
}
