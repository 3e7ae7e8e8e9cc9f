// SPDX-License-Identifier: Apache-2.0
// The data of a dashboard: each thing that its widgets mean is followed once.
import { History } from '$lib/device/history.svelte';
import type { Range } from '$lib/chart/range';
import type { Dashboard, Widget } from './model';

/** A browser has few lines to one server at once, and other pages need some too. */
const LIVE_MAX = 2;

export class Feed {
  readonly #histories = new Map<string, History>();

  /** @param chosen The thing that widgets mean which name none. */
  constructor(dashboard: Dashboard, readonly chosen: string) {
    const wanted = new Map<string, Set<string>>();
    for (const widget of dashboard.widgets) {
      const thing = this.thing(widget);
      // Others ask for themselves.
      if (thing === '' || widget.kind === 'text' || widget.kind === 'map') continue;
      const metrics = wanted.get(thing) ?? new Set<string>();
      for (const metric of widget.metrics) metrics.add(metric);
      wanted.set(thing, metrics);
    }
    for (const [thing, metrics] of wanted) {
      const live = this.#histories.size < LIVE_MAX;
      this.#histories.set(thing, new History(thing, { metrics: [...metrics], live }));
    }
  }

  thing(widget: Widget): string {
    return widget.thing ?? this.chosen;
  }

  of(widget: Widget): History | undefined {
    return this.#histories.get(this.thing(widget));
  }

  /** The first error of any. */
  get error(): unknown {
    return [...this.#histories.values()].find(({ error }) => error !== undefined)?.error;
  }

  follow(): () => void {
    const stops = [...this.#histories.values()].map((history) => history.follow());
    return () => stops.forEach((stop) => stop());
  }

  show(range: Range): void {
    for (const history of this.#histories.values()) void history.show(range, 0);
  }
}
