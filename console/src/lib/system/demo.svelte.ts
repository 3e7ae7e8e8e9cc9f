// SPDX-License-Identifier: Apache-2.0
// Whether this is the server of `headwater demo`, whose plug may be pulled: asked once.
import { status } from './status';

let known = $state<boolean | null>(null);

export const demo = {
  /** Whether it is; also false while that is not known. */
  get here(): boolean {
    return known === true;
  },
  get asked(): boolean {
    return known !== null;
  },
};

export async function askWhetherDemo(signal: AbortSignal): Promise<void> {
  const told = await status(signal).catch(() => null);
  if (!signal.aborted) known = told?.demo === true;
}
