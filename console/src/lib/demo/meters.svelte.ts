// SPDX-License-Identifier: Apache-2.0
// The demo's water meters, as they are heard. One line brings all of them: a browser has few lines to
// one server at once, and publishing needs some.
import { History } from '$lib/device/history.svelte';
import { listen, type LiveMessage, type LiveState } from '$lib/live/listen';

const TOPIC = '/things/waterflowcontrollers/+';
const METRIC = 'FlowRate';
const SPAN_MS = 120_000;
const METERS_MAX = 3;

export interface Meter {
  name: string;
  history: History;
}

export class Meters {
  metric = METRIC;
  state = $state<LiveState>('connecting');
  /** By name. */
  list = $state.raw<readonly Meter[]>([]);
  #stops: (() => void)[] = [];

  /** Listens until the answer is called. */
  follow(): () => void {
    const quiet = listen({
      topic: TOPIC,
      heard: (message) => this.#heard(message),
      state: (state) => (this.state = state),
    });
    return () => {
      quiet();
      for (const stop of this.#stops) stop();
      this.#stops = [];
      this.list = [];
    };
  }

  #heard(message: LiveMessage): void {
    if (message.thing !== null) this.#of(message.thing)?.hear(message);
  }

  #of(name: string): History | undefined {
    const known = this.list.find((meter) => meter.name === name);
    if (known || this.list.length >= METERS_MAX) return known?.history;
    const history = new History(name, { metrics: [METRIC], live: false });
    this.#stops.push(history.follow());
    void history.show({ live: true, spanMs: SPAN_MS }, 0);
    this.list = [...this.list, { name, history }].sort((a, b) => a.name.localeCompare(b.name));
    return history;
  }
}
