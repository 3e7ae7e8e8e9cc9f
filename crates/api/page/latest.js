// SPDX-License-Identifier: Apache-2.0
// The table of last values; a metric with numbers is a button that charts it.
import { build, say } from "./build.js";
import { METRICS_MAX } from "./history.js";
import { ago, moment, numberWords } from "./words.js";

/** The table; `chosen` is called with the metric that somebody wants to see. */
export class Latest {
  constructor(chosen) {
    this.chosen = chosen;
    this.rows = new Map();
    this.body = build("tbody");
    this.more = build("p", { class: "hint" });
    const heads = ["Metric", "Last value", "When"].map((head) => build("th", { scope: "col" }, head));
    this.element = build(
      "section",
      { "aria-labelledby": "latest" },
      build("h2", { id: "latest" }, "Last values"),
      build("div", { class: "scroll" },
        build("table", { class: "values" }, build("thead", {}, build("tr", {}, heads)), this.body)),
      this.more,
    );
  }

  /** Metrics that have numbers, in order. */
  metrics() {
    return [...this.rows.values()].filter((row) => row.value !== null).map((row) => row.metric);
  }

  /** Takes a value in, unless a newer one is there. True if the metric is new. */
  set({ metric, value, text, time }) {
    const known = this.rows.get(metric);
    if (known && known.time > time) return false;
    if (!known && this.rows.size >= METRICS_MAX) {
      say(this.more, `Only the first ${METRICS_MAX} metrics are shown; SQL has them all.`);
      return false;
    }
    const row = known ?? this.insert(metric);
    const fresh = !known || (row.value === null) !== (value === null);
    Object.assign(row, { value, text, time });
    say(row.shown, value === null ? (text ?? "") : numberWords(value));
    row.shown.title = value === null ? "" : String(value);
    row.when.title = moment(time);
    if (fresh) row.name.replaceChildren(this.nameOf(row));
    return fresh;
  }

  insert(metric) {
    const row = {
      metric,
      name: build("th", { scope: "row" }),
      shown: build("td", { class: "value" }),
      when: build("td", { class: "when" }),
    };
    row.line = build("tr", {}, row.name, row.shown, row.when);
    const after = [...this.rows.values()].find((other) => other.metric > metric);
    const order = [...this.rows.values(), row].sort((a, b) => (a.metric < b.metric ? -1 : 1));
    this.rows = new Map(order.map((each) => [each.metric, each]));
    this.body.insertBefore(row.line, after?.line ?? null);
    return row;
  }

  nameOf(row) {
    if (row.value === null) return row.metric;
    const click = () => this.chosen(row.metric);
    return build("button", { type: "button", class: "link", onclick: click }, row.metric);
  }

  /** Says how old each value is, and which is in the chart. */
  refresh(now, charted) {
    for (const row of this.rows.values()) {
      say(row.when, ago(row.time, now));
      row.line.classList.toggle("charted", row.metric === charted);
    }
  }
}
