// SPDX-License-Identifier: Apache-2.0
// What a device has said and says: last values, series for the charts, the messages as they pass.
import { SvelteMap } from 'svelte/reactivity';
import { api, data, type Schema } from '$lib/api/client';
import { addPoint, noPoints, pointsOf, since, type Points } from '$lib/chart/points';
import { bounds, type Range } from '$lib/chart/range';
import { leavesOf } from '$lib/live/leaves';
import { listen, type LiveMessage, type LiveState } from '$lib/live/listen';
import { repeat } from '$lib/resource.svelte';
import { serverNow } from '$lib/time/server-clock';

/** A last value. */
export interface Value {
  metric: string;
  time: number;
  value: number | null;
  text: string | null;
  /** What stands behind the number; empty if nobody has said. */
  unit: string;
}

/** A text over time; it holds until the next one. */
export interface States {
  time: number[];
  text: string[];
}

/** What is followed of a device. */
export interface Followed {
  /** Only these metrics; all if it is left out. */
  metrics?: readonly string[];
  /** Whether messages come as they pass; otherwise the server is asked again and again. */
  live?: boolean;
}

/** Series of one request, at most (docs/api.md). */
const METRICS_MAX = 16;
/** Live messages that are kept for the list. */
const MESSAGES_MAX = 500;
const ASK_AGAIN_MS = 30_000;
/** The same where no messages come by themselves. */
const ASK_OFTEN_MS = 5_000;

/** Follows one device while its page is open. */
export class History {
  readonly values = new SvelteMap<string, Value>();
  /** The newest first. */
  messages = $state.raw<LiveMessage[]>([]);
  /** By metric. */
  series = $state.raw<Record<string, Points>>({});
  earlier = $state.raw<Record<string, Points>>({});
  /** Metrics that are texts: when each one began, as far as buckets tell. */
  texts = $state.raw<Record<string, States>>({});
  range = $state.raw<Range>({ live: true, spanMs: 900_000 });
  now = $state(serverNow());
  state = $state<LiveState>('connecting');
  missed = $state(0);
  error = $state.raw<unknown>();
  /** Whether the server has been asked once. */
  known = $state(false);
  /** How far back the earlier time lies that is shown beside, in milliseconds; 0 for none. */
  compareMs = $state(0);
  readonly #thing: string;
  readonly #only: readonly string[] | undefined;
  readonly #live: boolean;
  #buckets = 400;
  readonly #units = new Map<string, string>();
  #steps: Record<string, { from: number; stepMs: number }> = {};
  #asked = 0;

  constructor(thing: string, { metrics, live = true }: Followed = {}) {
    this.#thing = thing;
    this.#only = metrics;
    this.#live = live;
  }

  /** Metrics that are numbers, by name. */
  get metrics(): string[] {
    const names = [...this.values.values()].filter(({ value }) => value !== null).map(({ metric }) => metric);
    return names.sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  }

  /** Follows the device until the answer is called. */
  follow(): () => void {
    const quiet = this.#live ? listen({
      topic: '#',
      thing: this.#thing,
      heard: (message) => this.hear(message),
      state: (state) => (this.state = state),
      missed: (count) => (this.missed += count),
    }) : () => {};
    const clock = setInterval(() => document.hidden || this.#turn(), 1000);
    const asking = repeat(() => this.ask(), this.#live ? ASK_AGAIN_MS : ASK_OFTEN_MS);
    return () => {
      quiet();
      clearInterval(clock);
      asking();
    };
  }

  /** Another time. */
  async show(range: Range, compareMs: number): Promise<void> {
    this.range = range;
    this.compareMs = compareMs;
    this.now = serverNow();
    await this.ask();
  }

  /** How many pixels a chart has: the server makes no more buckets than that. */
  async width(pixels: number): Promise<void> {
    const buckets = Math.min(2000, Math.max(60, Math.round(pixels)));
    if (Math.abs(buckets - this.#buckets) < this.#buckets * 0.2) return;
    this.#buckets = buckets;
    if (this.known) await this.#askSeries(++this.#asked);
  }

  /** Last values alone, for who shows no charts. */
  async askLast(): Promise<void> {
    try {
      await this.#askValues();
      this.error = undefined;
    } catch (error) {
      this.error = error;
    }
  }

  async ask(): Promise<void> {
    const asked = ++this.#asked;
    try {
      await this.#askValues();
      await this.#askSeries(asked);
      this.error = undefined;
      this.known = true;
    } catch (error) {
      if (asked === this.#asked) this.error = error;
    }
  }

  async #askValues(): Promise<void> {
    const params = { path: { name: this.#thing } };
    const { values } = await data(api.GET('/api/v1/things/{name}/values', { params }));
    for (const { metric, time, value, text, unit } of values) {
      this.#units.set(metric, unit ?? '');
      this.#take({ metric, time: Date.parse(time), value: value ?? null, text: text ?? null });
    }
  }

  async #askSeries(asked: number): Promise<void> {
    const { from, to } = bounds(this.range, serverNow());
    const { series, texts } = await this.#read(from, to, (metric, start, stepMs) => {
      this.#steps[metric] = { from: start, stepMs };
    });
    const back = this.compareMs;
    const earlier = back > 0 ? (await this.#read(from - back, to - back, () => {})).series : {};
    if (asked !== this.#asked) return;
    for (const points of Object.values(earlier)) points.time = points.time.map((at) => at + back);
    this.series = series;
    this.earlier = earlier;
    this.texts = texts;
  }

  async #read(
    from: number, to: number, step: (metric: string, from: number, stepMs: number) => void,
  ): Promise<{ series: Record<string, Points>; texts: Record<string, States> }> {
    const found: Record<string, Points> = {};
    const texts: Record<string, States> = {};
    // Only a dashboard that names them asks for texts over time.
    const metrics = this.#only ?? this.metrics;
    for (let at = 0; at < metrics.length; at += METRICS_MAX) {
      const metric = metrics.slice(at, at + METRICS_MAX);
      const query = { metric, from: iso(from), to: iso(to), buckets: this.#buckets };
      const params = { path: { name: this.#thing }, query };
      const list = await data(api.GET('/api/v1/things/{name}/series', { params }));
      for (const one of list.series) {
        if ('mean' in one) found[one.metric] = pointsOf(one);
        else texts[one.metric] = { time: one.time.map((at) => Date.parse(at)), text: one.last };
      }
      for (const one of metric) {
        found[one] ??= noPoints();
        step(one, Date.parse(list.from), list.bucket_seconds * 1000);
      }
    }
    return { series: found, texts };
  }

  /** Takes in a message that has just passed; who is not live by itself may be told. */
  hear(message: LiveMessage): void {
    this.messages = [message, ...this.messages.slice(0, MESSAGES_MAX - 1)];
    const time = message.time === null ? serverNow() : Date.parse(message.time);
    let isNew = false;
    for (const { metric, value, text } of leavesOf(message.payload)) {
      isNew ||= value !== null && !this.values.has(metric) && this.#only === undefined;
      this.#take({ metric, time, value, text });
      const points = this.series[metric];
      const step = this.#steps[metric];
      if (value !== null && points && step && this.range.live) addPoint(points, time, value, step.from, step.stepMs);
    }
    if (isNew) void this.ask();
  }

  /** The unit of a metric; empty if nobody has said. */
  unit(metric: string): string {
    return this.values.get(metric)?.unit ?? '';
  }

  #take(value: Omit<Value, 'unit'>): void {
    const known = this.values.get(value.metric);
    const unit = this.#units.get(value.metric) ?? '';
    if (!known || known.time <= value.time) this.values.set(value.metric, { ...value, unit });
    else if (known.unit !== unit) this.values.set(value.metric, { ...known, unit });
  }

  /** Each second: the time goes on, and what was heard is drawn. */
  #turn(): void {
    this.now = serverNow();
    if (!this.range.live) return;
    const { from } = bounds(this.range, this.now);
    const drawn: Record<string, Points> = {};
    for (const [metric, points] of Object.entries(this.series)) drawn[metric] = { ...since(points, from) };
    this.series = drawn;
  }
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

export type Thing = Schema<'ThingShown'>;
