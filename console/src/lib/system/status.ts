// SPDX-License-Identifier: Apache-2.0
// How the server stands: `GET /api/v1/status`. Only the first account sees more than the doors.
import { api, data } from '$lib/api/client';

export interface Status {
  version: string;
  account: string;
  region: string;
  public_host: string;
  /** Whether it is the server of `headwater demo`. */
  demo?: boolean;
  endpoints?: Record<string, string | number | null>;
  log?: Record<string, unknown>;
  broker?: Record<string, unknown>;
  certificate?: { not_after_us: number; public_not_after_us?: number | null };
}

export async function status(signal: AbortSignal): Promise<Status> {
  return (await data(api.GET('/api/v1/status', { signal }))) as unknown as Status;
}
