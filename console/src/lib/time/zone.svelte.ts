// SPDX-License-Identifier: Apache-2.0
// In which zone times are shown: the reader's, UTC, or another that is chosen.
import { stored } from '../stored.svelte';

const choice = stored('headwater.zone', '');

export const zone = {
  /** '' is the browser's own. */
  get chosen(): string {
    return choice.value;
  },
  set chosen(name: string) {
    choice.value = name;
  },
  /** As `Intl` wants it. */
  get name(): string | undefined {
    return choice.value === '' ? undefined : choice.value;
  },
  /** For people. */
  get label(): string {
    return choice.value || Intl.DateTimeFormat().resolvedOptions().timeZone;
  },
};
