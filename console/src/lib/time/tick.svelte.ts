// SPDX-License-Identifier: Apache-2.0
// One clock for everything on the page that says how long ago something was.
import { createSubscriber } from 'svelte/reactivity';
import { serverNow } from './server-clock';

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, 1000);
  return () => clearInterval(timer);
});

export const tick = {
  /** Now by the server's clock, in milliseconds; whoever reads it is drawn again each second. */
  get now(): number {
    subscribe();
    return serverNow();
  },
};
