// SPDX-License-Identifier: Apache-2.0
// The live stream, kept open while the page is seen: a hidden page reads nothing.
import { signInAgain } from "./ask.js";

const AGAIN_MS = 5000;

/**
 * Listens to `topic` (a filter), of `thing` if one is given. `heard` gets each message, `state`
 * gets "live", "waiting" or "hidden", `missed` how many were dropped on a slow line.
 * Returns a function that listens to another topic.
 */
export function listen({ topic, thing, heard, state, missed }) {
  let source = null;
  let timer = null;

  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };
  const open = () => {
    close();
    if (document.hidden) return;
    const query = new URLSearchParams({ topic });
    if (thing !== undefined) query.set("thing", thing);
    source = new EventSource(`/api/v1/stream?${query}`);
    source.onopen = () => state("live");
    source.onmessage = (event) => heard(JSON.parse(event.data));
    source.addEventListener("dropped", (event) => missed(JSON.parse(event.data).count));
    source.onerror = async () => {
      state("waiting");
      if (source?.readyState !== EventSource.CLOSED) return;
      close();
      timer = setTimeout(open, AGAIN_MS);
      const answer = await fetch("/api/v1/status").catch(() => null);
      if (answer?.status === 401) signInAgain();
    };
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      close();
      state("hidden");
    } else {
      open();
    }
  });
  addEventListener("pagehide", close);
  open();
  return (other) => {
    if (other === topic) return;
    topic = other;
    open();
  };
}
