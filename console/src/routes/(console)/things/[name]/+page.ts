// SPDX-License-Identifier: Apache-2.0
// The address that links of the first release have.
import { redirect } from '@sveltejs/kit';

export function load({ params, url }: { params: { name: string }; url: URL }): never {
  redirect(307, `/devices/${encodeURIComponent(params.name)}${url.search}`);
}
