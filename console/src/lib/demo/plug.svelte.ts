// SPDX-License-Identifier: Apache-2.0
// Pulls the plug in the middle of publishing, and looks whether all that was acknowledged is there.
import { Publisher } from './publisher';
import { numbersThere, pause, processId, pullPlug, whenBack } from './server';

export type Phase = 'idle' | 'publishing' | 'gone' | 'asking' | 'done';

export interface Outcome {
  topic: string;
  /** How many were acknowledged before the server was killed … */
  acknowledged: number;
  /** … how many of these the table holds, and which it does not. */
  there: number;
  missing: number[];
  /** Sent and never acknowledged: such a message may be there or not. */
  unanswered: number;
  backMs: number;
  /** The process that was killed, and the one that answers now. */
  killed: number;
  now: number;
}

const PUBLISHING_MS = 2_000;

export class Plug {
  phase = $state<Phase>('idle');
  acknowledged = $state(0);
  backMs = $state(0);
  outcome = $state.raw<Outcome | null>(null);
  error = $state.raw<unknown>();

  get busy(): boolean {
    return this.phase !== 'idle' && this.phase !== 'done';
  }

  async pull(): Promise<void> {
    this.outcome = null;
    this.error = undefined;
    this.acknowledged = 0;
    this.phase = 'publishing';
    try {
      this.outcome = await this.#pull();
    } catch (error) {
      this.error = error;
    } finally {
      this.phase = 'done';
    }
  }

  async #pull(): Promise<Outcome> {
    const killed = await processId();
    const topic = `demo/plug/${Date.now().toString(36)}`;
    const publisher = new Publisher(topic, (count) => (this.acknowledged = count));
    publisher.begin();
    try {
      await pause(PUBLISHING_MS);
      if (publisher.refusal !== undefined) throw publisher.refusal;
      await pullPlug(killed);
    } finally {
      await publisher.end();
    }
    const { acknowledged, sent } = publisher;
    this.phase = 'gone';
    const gone = performance.now();
    await whenBack();
    this.backMs = performance.now() - gone;
    this.phase = 'asking';
    const now = await processId();
    if (now === killed) throw new Error('the server that answers is the one from before: it was not killed');
    const there = await numbersThere(topic);
    const missing = [...acknowledged].filter((number) => !there.has(number)).sort((a, b) => a - b);
    return {
      topic, killed, now, missing, backMs: this.backMs,
      acknowledged: acknowledged.size,
      there: acknowledged.size - missing.length,
      unanswered: sent - acknowledged.size,
    };
  }
}
