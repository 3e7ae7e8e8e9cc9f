// SPDX-License-Identifier: Apache-2.0
// Messages as they pass, by server-sent events.

/** A message of the stream; docs/api.md. */
export interface LiveMessage {
  time: string | null;
  topic: string;
  thing: string | null;
  client_id: string;
  principal: string;
  qos: number;
  retain: boolean;
  trace_id: string;
  /** What the payload is as JSON, if it is JSON. */
  payload?: unknown;
  /** The payload as text, if it is text. */
  text?: string;
  base64?: string;
}

export type LiveState = 'connecting' | 'live' | 'asleep' | 'refused';

export interface Listener {
  /** A topic filter. */
  topic: string;
  /** Only what this thing published. */
  thing?: string | undefined;
  heard(message: LiveMessage): void;
  state?(state: LiveState): void;
  /** So many messages were skipped, since this line was too slow for them. */
  missed?(count: number): void;
}

const AGAIN_MS = 2000;

/** Listens until it is told to stop. While the page is hidden it lets the stream go. */
export function listen(to: Listener): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function open(): void {
    if (source !== null || document.hidden) return;
    to.state?.('connecting');
    const query = new URLSearchParams({ topic: to.topic });
    if (to.thing !== undefined) query.set('thing', to.thing);
    source = new EventSource(`/api/v1/stream?${query}`);
    source.onopen = () => to.state?.('live');
    source.onmessage = (event: MessageEvent<string>) => to.heard(JSON.parse(event.data));
    source.addEventListener('dropped', (event) => {
      to.missed?.((JSON.parse((event as MessageEvent<string>).data) as { count: number }).count);
    });
    source.onerror = () => {
      // A lost line is opened again by the browser; a refusal is not, and may pass.
      const refused = source?.readyState === EventSource.CLOSED;
      to.state?.(refused ? 'refused' : 'connecting');
      if (!refused) return;
      close();
      timer = setTimeout(open, AGAIN_MS);
    };
  }

  function close(): void {
    source?.close();
    source = null;
    clearTimeout(timer);
  }

  function look(): void {
    if (document.hidden) {
      close();
      to.state?.('asleep');
    } else {
      open();
    }
  }

  document.addEventListener('visibilitychange', look);
  look();
  return () => {
    document.removeEventListener('visibilitychange', look);
    close();
  };
}
