// SPDX-License-Identifier: Apache-2.0
// The last live message as it came, for whoever wants to see the bytes.
import { build, say } from "./build.js";
import { moment } from "./words.js";

const TEXT_CHARS_MAX = 20000;

/** A closed box; open, it follows the stream. */
export class LastMessage {
  constructor() {
    this.facts = build("p", { class: "hint" }, "Nothing has come since this page was opened.");
    this.text = build("code");
    this.element = build(
      "details",
      {},
      build("summary", {}, "Last message as it came"),
      this.facts,
      build("pre", {}, this.text),
    );
    this.element.addEventListener("toggle", () => this.redraw());
  }

  show(message, time) {
    this.message = message;
    this.time = time;
    this.redraw();
  }

  redraw() {
    const { message } = this;
    if (!this.element.open || !message) return;
    const from = message.client_id === "" ? "" : `, client ${message.client_id}`;
    say(this.facts, `${moment(this.time)}, topic ${message.topic}${from}, QoS ${message.qos}, ` +
      `trace ${message.trace_id}`);
    const text = message.text ?? `base64: ${message.base64}`;
    const cut = text.length > TEXT_CHARS_MAX;
    say(this.text, cut ? `${text.slice(0, TEXT_CHARS_MAX)}… (${text.length} characters)` : text);
  }
}
