// SPDX-License-Identifier: Apache-2.0
// The view of a thing (or of a topic that no thing stands behind): live chart and last values.
import { repeat, serverNow } from "./ask.js";
import { build, choice, say, setOptions } from "./build.js";
import { Chart } from "./chart.js";
import { addPoint, latest, series, seriesParams, seriesSql, stepOf } from "./history.js";
import { Latest } from "./latest.js";
import { leavesOf } from "./leaves.js";
import { listen } from "./live.js";
import { LastMessage } from "./message.js";
import { ago } from "./words.js";

const RANGES = [
  ["5", "5 minutes"], ["15", "15 minutes"], ["60", "1 hour"], ["360", "6 hours"], ["1440", "1 day"],
];
const DRAW_MS = 500;
const ASK_MS = 30000;
/** Live values that are kept until the tables are asked again. */
const RECENT_MAX = 50000;

/** Shows `source`, a `{thing}` or a `{topic}`, in `main`. */
export function showSource(main, source) {
  new SourceView(main, source);
}

class SourceView {
  constructor(main, source) {
    const asked = new URLSearchParams(location.search);
    this.source = source;
    this.name = source.thing ?? source.topic;
    this.metric = asked.get("metric");
    this.minutes = Number(RANGES.find(([value]) => value === asked.get("minutes"))?.[0] ?? 15);
    this.points = [];
    this.recent = [];
    this.step = 1;
    this.lastHeard = null;
    this.state = "waiting";
    this.missedCount = 0;
    this.frozen = null;
    this.asking = true;
    document.title = `${this.name} · Headwater`;
    this.build(main);
    this.draw();
    this.refresh = repeat(() => this.ask(), ASK_MS);
    this.tune = listen({
      topic: source.topic ?? "#",
      thing: source.thing,
      heard: (message) => this.heard(message),
      state: (state) => { this.state = state; },
      missed: (count) => { this.missedCount += count; },
    });
    setInterval(() => document.hidden || this.draw(), DRAW_MS);
  }

  build(main) {
    this.status = build("p", { class: "status" });
    this.trouble = build("p", { class: "refusal", role: "alert" });
    this.chart = new Chart();
    this.latest = new Latest((metric) => this.choose({ metric }));
    this.message = new LastMessage();
    const metric = choice("Metric", [], this.metric, (value) => this.choose({ metric: value }));
    const range = choice("Time", RANGES, String(this.minutes), (value) =>
      this.choose({ minutes: Number(value) }));
    this.metrics = metric.select;
    this.pause = build("button", { type: "button", onclick: () => this.freeze() }, "Pause");
    this.pause.setAttribute("aria-pressed", "false");
    this.sql = build("code");
    main.append(
      build("p", { class: "back" }, build("a", { href: "/" }, "All things")),
      build("div", { class: "title" }, build("h1", {}, this.name), this.status),
      this.trouble,
      build("div", { class: "tools" }, metric.field, range.field, this.pause),
      this.chart.element,
      this.latest.element,
      this.message.element,
      build("details", {}, build("summary", {}, "The chart as SQL"), build("pre", {}, this.sql)),
    );
  }

  /** Another metric or time; the address keeps it, so that it can be sent to somebody. */
  choose({ metric = this.metric, minutes = this.minutes }) {
    Object.assign(this, { metric, minutes, points: [], recent: [], asking: true });
    this.metrics.value = metric;
    const query = new URLSearchParams(location.search);
    query.set("metric", metric);
    query.set("minutes", minutes);
    history.replaceState(null, "", `?${query}`);
    if (this.frozen !== null) this.freeze();
    this.refresh();
  }

  freeze() {
    this.frozen = this.frozen === null ? serverNow() : null;
    this.pause.setAttribute("aria-pressed", String(this.frozen !== null));
    say(this.pause, this.frozen === null ? "Pause" : "Go on");
    this.draw();
  }

  async ask() {
    try {
      await this.askLatest();
      await this.askSeries();
      this.asking = false;
      say(this.trouble, "");
    } catch (error) {
      say(this.trouble, `Not up to date: ${error.message}.`);
    }
    this.draw();
  }

  async askLatest() {
    let rows = await latest(this.source, "1 day");
    if (rows.length === 0) rows = await latest(this.source, "30 days");
    rows.forEach((row) => this.take(row));
    this.known = true;
    this.pick();
    const topics = new Set(rows.map((row) => row.topic));
    // Hearing one topic costs the server less than hearing all.
    if (this.source.thing !== undefined) this.tune?.(topics.size === 1 ? [...topics][0] : "#");
  }

  async askSeries() {
    if (this.metric === null) return;
    const { metric, minutes } = this;
    const step = stepOf(minutes, this.chart.element.clientWidth);
    const points = await series(this.source, metric, minutes, step);
    if (metric !== this.metric || minutes !== this.minutes) return;
    const last = points.at(-1)?.last ?? 0;
    this.recent = this.recent.filter(({ t }) => t > last);
    this.recent.forEach(({ t, v }) => addPoint(points, t, v, step));
    Object.assign(this, { points, step });
    const params = seriesParams(this.source, metric, minutes, step);
    const values = params.map((value, at) => `$${at + 1} = ${value}`).join(", ");
    say(this.sql, `${seriesSql(this.source)}\n-- ${values}`);
  }

  /** A last value, from the tables or live. */
  take(row) {
    this.lastHeard = Math.max(this.lastHeard ?? 0, row.time);
    if (!this.latest.set(row)) return;
    const metrics = this.latest.metrics();
    setOptions(this.metrics, metrics.map((metric) => [metric, metric]), this.metric);
    // What the tables have decides first, so that the same address shows the same chart.
    if (this.known && this.pick()) this.refresh();
  }

  /** Chooses the first metric if nobody chose, or the chosen one is not there. */
  pick() {
    const metrics = this.latest.metrics();
    if (metrics.length === 0 || metrics.includes(this.metric)) return false;
    this.metric = metrics[0];
    this.metrics.value = this.metric;
    return true;
  }

  heard(message) {
    if (this.source.topic !== undefined && message.thing !== null) return;
    const time = Date.parse(message.time);
    this.lastHeard = Math.max(this.lastHeard ?? 0, time);
    this.message.show(message, time);
    for (const [metric, leaf] of leavesOf(message.payload)) {
      this.take({ metric, time, ...leaf });
      if (metric === this.metric && Number.isFinite(leaf.value) && leaf.value !== null) {
        this.recent.push({ t: time, v: leaf.value });
        if (this.recent.length > RECENT_MAX) this.recent.shift();
        addPoint(this.points, time, leaf.value, this.step);
      }
    }
  }

  draw() {
    const now = serverNow();
    const to = this.frozen ?? Math.max(now, this.points.at(-1)?.last ?? 0);
    const from = to - this.minutes * 60000;
    while (this.frozen === null && this.points.length > 0 && this.points[0].last < from) {
      this.points.shift();
    }
    this.chart.draw({
      points: this.points,
      from,
      to,
      step: this.step,
      name: `${this.name}, ${this.metric ?? "no metric"}`,
      nothing: this.nothing(),
    });
    this.latest.refresh(now, this.metric);
    say(this.status, this.statusWords(now));
    this.status.dataset.state = this.frozen === null ? this.state : "paused";
  }

  nothing() {
    if (this.asking) return "Asking…";
    if (this.lastHeard === null) return "Waiting for the first message…";
    if (this.latest.metrics().length === 0) return "No metric with numbers; see the last values.";
    return "No values in this time. Choose a longer one.";
  }

  statusWords(now) {
    const states = { live: "Live", waiting: "Connecting…", hidden: "Asleep" };
    const parts = [this.frozen === null ? states[this.state] : "Paused"];
    if (this.lastHeard !== null) parts.push(`last message ${ago(this.lastHeard, now)}`);
    if (this.missedCount > 0) parts.push(`${this.missedCount} skipped on a slow line`);
    return parts.join(" · ");
  }
}
