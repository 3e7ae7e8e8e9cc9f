// SPDX-License-Identifier: Apache-2.0
// Reads a chart at a place: by pointer, finger, or arrow keys.
import { build, say, svg } from "./build.js";
import { moment, numberWords } from "./words.js";

const HINT = "Point at the chart, or use the arrow keys, to read values.";

/** The mark in the picture, and the words under it. */
export class Reader {
  constructor() {
    this.stem = svg("line");
    this.dot = svg("circle", { r: 4 });
    this.mark = svg("g", { class: "reading", visibility: "hidden" }, this.stem, this.dot);
    this.words = build("figcaption", { class: "reading", "aria-live": "polite" }, HINT);
    this.at = null;
    this.points = [];
  }

  /** Listens on the picture. */
  attach(picture) {
    picture.addEventListener("pointermove", (event) => {
      const scale = picture.viewBox.baseVal.width / picture.getBoundingClientRect().width;
      this.read(this.nearest(event.offsetX * scale));
    });
    picture.addEventListener("pointerleave", () => this.read(null));
    picture.addEventListener("blur", () => this.read(null));
    picture.addEventListener("keydown", (event) => this.key(event));
  }

  /** The chart was drawn anew. */
  show(points, x, y, box) {
    Object.assign(this, { points, x, y, box });
    this.redraw();
  }

  key(event) {
    const last = this.points.length - 1;
    const now = this.index();
    const goes = {
      ArrowLeft: now === null ? last : Math.max(0, now - 1),
      ArrowRight: now === null ? last : Math.min(last, now + 1),
      PageUp: now === null ? last : Math.max(0, now - 20),
      PageDown: now === null ? last : Math.min(last, now + 20),
      Home: 0,
      End: last,
      Escape: null,
    };
    if (!(event.key in goes) || last < 0) return;
    event.preventDefault();
    const index = goes[event.key];
    this.read(index === null ? null : this.points[index]);
  }

  index() {
    const index = this.points.findIndex((point) => point.t === this.at);
    return index < 0 ? null : index;
  }

  nearest(px) {
    let best = null;
    for (const point of this.points) {
      if (!best || Math.abs(this.x(point.t) - px) < Math.abs(this.x(best.t) - px)) best = point;
    }
    return best;
  }

  read(point) {
    this.at = point?.t ?? null;
    this.redraw();
  }

  redraw() {
    const point = this.points.find((candidate) => candidate.t === this.at);
    this.mark.setAttribute("visibility", point ? "visible" : "hidden");
    if (!point) {
      say(this.words, HINT);
      return;
    }
    const [x, y] = [this.x(point.t), this.y(point.v)];
    const set = (element, pairs) => pairs.forEach(([name, value]) => element.setAttribute(name, value));
    set(this.stem, [["x1", x], ["x2", x], ["y1", this.box.top], ["y2", this.box.bottom]]);
    set(this.dot, [["cx", x], ["cy", y]]);
    say(this.words, sentence(point));
  }
}

function sentence(point) {
  const value = `${moment(point.t)}: ${numberWords(point.v)}`;
  if (point.n < 2) return value;
  const [least, most] = [numberWords(point.lo), numberWords(point.hi)];
  return `${value} (mean of ${point.n}, ${least} to ${most})`;
}
