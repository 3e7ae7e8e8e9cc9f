// SPDX-License-Identifier: Apache-2.0
// Something that is asked of the server, shown while it is there, and asked again.
import { untrack } from 'svelte';

export type Asks<T> = (signal: AbortSignal) => Promise<T>;

/** What was asked for, as far as it is there. The last data stay while it is asked again. */
export class Resource<T> {
  data = $state.raw<T>();
  error = $state.raw<unknown>();
  busy = $state(false);
  #asks: Asks<T> | undefined;
  #running: AbortController | undefined;

  /** Asks, and drops what was asked before. */
  async run(asks: Asks<T>): Promise<void> {
    this.#asks = asks;
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.busy = true;
    try {
      const data = await asks(running.signal);
      if (running.signal.aborted) return;
      this.data = data;
      this.error = undefined;
    } catch (error) {
      if (!running.signal.aborted) this.error = error;
    } finally {
      if (this.#running === running) this.busy = false;
    }
  }

  /** Asks the same again. */
  async reload(): Promise<void> {
    if (this.#asks) await this.run(this.#asks);
  }

  stop(): void {
    this.#running?.abort();
  }
}

/** Asks now, and again whenever what `make` reads has changed. */
export function resource<T>(make: () => Asks<T>): Resource<T> {
  const made = new Resource<T>();
  $effect(() => {
    const asks = make();
    untrack(() => void made.run(asks));
    return () => made.stop();
  });
  return made;
}

const EVERY_MS_MAX = 60_000;

/** Does `work` again and again while the page is seen; slow answers space it out. */
export function repeat(work: () => Promise<void>, everyMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  async function turn(): Promise<void> {
    const began = performance.now();
    if (!document.hidden) await work();
    const took = performance.now() - began;
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(turn, Math.max(everyMs, Math.min(took * 10, EVERY_MS_MAX)));
  }

  function look(): void {
    if (document.hidden) return;
    clearTimeout(timer);
    void turn();
  }

  document.addEventListener('visibilitychange', look);
  timer = setTimeout(turn, everyMs);
  return () => {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', look);
  };
}
