// SPDX-License-Identifier: Apache-2.0
// A line over time, as SVG: mean, the band from least to greatest, axes, and gaps where nothing came.
import { build, say, svg } from "./build.js";
import { Reader } from "./reader.js";
import { timeAxis, valueAxis } from "./scale.js";
import { numberWords } from "./words.js";

const PAD = { top: 12, right: 14, bottom: 26 };
const LETTER = 7;
/** A pause longer than so many usual pauses is a gap. */
const GAP_TIMES = 5;

/** A chart; put `element` somewhere, then `draw`. */
export class Chart {
  constructor() {
    this.grid = svg("g", { class: "grid" });
    this.band = svg("path", { class: "band" });
    this.line = svg("path", { class: "line" });
    this.dots = svg("path", { class: "dots" });
    this.end = svg("circle", { class: "end", r: 3.5 });
    this.empty = svg("text", { class: "empty", "text-anchor": "middle" });
    this.reader = new Reader();
    this.picture = svg(
      "svg",
      { class: "picture", role: "img", tabindex: 0 },
      this.grid, this.band, this.line, this.dots, this.end, this.empty, this.reader.mark,
    );
    this.element = build("figure", { class: "chart" }, this.picture, this.reader.words);
    this.reader.attach(this.picture);
    new ResizeObserver(() => this.shown && this.draw(this.shown)).observe(this.element);
  }

  /** `points` are {t, v, lo, hi, n}, oldest first; `step` is what one stands for, in ms. */
  draw(shown) {
    this.shown = shown;
    const { points, from, to, step, name, nothing } = shown;
    const width = Math.max(240, this.element.clientWidth);
    const height = width < 560 ? 220 : 300;
    this.picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.picture.setAttribute("width", width);
    this.picture.setAttribute("height", height);
    this.picture.setAttribute("aria-label", summary(name, points));
    const seen = points.filter((point) => point.last >= from && point.t <= to);
    const axis = this.axis(seen, height);
    const left = 10 + LETTER * Math.max(2, ...axis.ticks.map((tick) => axis.words(tick).length));
    const x = (t) => left + ((t - from) / (to - from)) * (width - left - PAD.right);
    const inner = height - PAD.top - PAD.bottom;
    const y = (v) => PAD.top + (1 - (v - axis.from) / (axis.to - axis.from)) * inner;
    const box = { left, right: width - PAD.right, top: PAD.top, bottom: height - PAD.bottom };
    if (seen.length === 0) axis.ticks = [];
    this.drawGrid(axis, timeAxis(from, to, Math.floor((width - left) / 90)), box, x, y);
    this.drawLine(runs(seen, step), x, y);
    const last = seen.at(-1);
    this.end.setAttribute("visibility", last ? "visible" : "hidden");
    if (last) place(this.end, { cx: x(last.last), cy: y(last.v) });
    say(this.empty, seen.length === 0 ? nothing : "");
    place(this.empty, { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 });
    this.reader.show(seen, x, y, box);
  }

  axis(points, height) {
    const low = points.reduce((least, point) => Math.min(least, point.lo), Infinity);
    const high = points.reduce((most, point) => Math.max(most, point.hi), -Infinity);
    const ticksMax = Math.floor(height / 50);
    return low <= high ? valueAxis(low, high, ticksMax) : valueAxis(0, 1, ticksMax);
  }

  drawGrid(values, times, box, x, y) {
    const rows = values.ticks.flatMap((tick) => [
      svg("line", { x1: box.left, x2: box.right, y1: y(tick), y2: y(tick) }),
      svg("text", { x: box.left - 6, y: y(tick) + 4, "text-anchor": "end" }, values.words(tick)),
    ]);
    const columns = times.ticks
      .filter((tick) => x(tick) > box.left + 14 && x(tick) < box.right - 14)
      .flatMap((tick) => [
        svg("line", { class: "tick", x1: x(tick), x2: x(tick), y1: box.bottom, y2: box.bottom + 4 }),
        svg("text", { x: x(tick), y: box.bottom + 18, "text-anchor": "middle" }, times.words(tick)),
      ]);
    this.grid.replaceChildren(...rows, ...columns);
  }

  drawLine(parts, x, y) {
    const at = (point, v) => `${x(point.t).toFixed(1)},${y(v).toFixed(1)}`;
    const path = (part) => `M${part.map((point) => at(point, point.v)).join("L")}`;
    const around = (part) => {
      const there = part.map((point) => at(point, point.hi));
      const back = part.map((point) => at(point, point.lo)).reverse();
      return `M${[...there, ...back].join("L")}Z`;
    };
    const long = parts.filter((part) => part.length > 1);
    const alone = parts.filter((part) => part.length === 1);
    this.line.setAttribute("d", long.map(path).join(""));
    this.band.setAttribute("d", long.map(around).join(""));
    this.dots.setAttribute("d", alone.map(([point]) => `M${at(point, point.v)}h0`).join(""));
  }
}

function place(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

/** Cuts points where nothing came for much longer than usual. */
function runs(points, step) {
  const pauses = points.slice(1).map((point, index) => point.t - points[index].t);
  const usual = pauses.toSorted((a, b) => a - b)[Math.floor(pauses.length / 2)] ?? 0;
  const gap = Math.max(usual, step) * GAP_TIMES;
  const parts = [];
  points.forEach((point, index) => {
    if (index === 0 || point.t - points[index - 1].t > gap) parts.push([]);
    parts.at(-1).push(point);
  });
  return parts;
}

function summary(name, points) {
  if (points.length === 0) return `${name}: no values in this time`;
  const low = points.reduce((least, point) => Math.min(least, point.lo), Infinity);
  const high = points.reduce((most, point) => Math.max(most, point.hi), -Infinity);
  const [least, most, now] = [low, high, points.at(-1).v].map(numberWords);
  return `${name} over time: now ${now}, least ${least}, greatest ${most}. Arrow keys read values.`;
}
