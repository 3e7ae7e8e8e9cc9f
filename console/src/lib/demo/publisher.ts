// SPDX-License-Identifier: Apache-2.0
// Publishes the numbers from 1 on, as fast as the browser does it, and notes which were acknowledged.
import { api } from '$lib/api/client';
import { Failure } from '$lib/api/failure';

/** Messages on their way at once. */
const IN_FLIGHT = 8;

export class Publisher {
  /** Numbers whose message the server said to be on disk. */
  readonly acknowledged = new Set<number>();
  /** How many were sent off. */
  sent = 0;
  /** Why the server would not take one. */
  refusal: unknown;
  readonly #topic: string;
  readonly #told: (acknowledged: number) => void;
  readonly #over = new AbortController();
  #lines: Promise<void>[] = [];

  constructor(topic: string, told: (acknowledged: number) => void) {
    this.#topic = topic;
    this.#told = told;
  }

  begin(): void {
    this.#lines = Array.from({ length: IN_FLIGHT }, () => this.#line());
  }

  /** Gives up what has no answer yet. */
  async end(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#lines);
  }

  /** One message after the other until one has no answer, or is refused. */
  async #line(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      const number = (this.sent += 1);
      try {
        const body = { topic: this.#topic, payload: number, qos: 1 };
        await api.POST('/api/v1/messages', { body, signal });
      } catch (error) {
        if (error instanceof Failure && error.status !== 0) this.refusal = error;
        return;
      }
      this.acknowledged.add(number);
      this.#told(this.acknowledged.size);
    }
  }
}
