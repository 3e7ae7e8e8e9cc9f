// SPDX-License-Identifier: Apache-2.0
// A payload as text for people.

interface Payload {
  payload?: unknown;
  text?: string | null | undefined;
  base64?: string | null | undefined;
}

export function payloadText({ payload, text, base64 }: Payload): string {
  if (typeof text === 'string') return text;
  if (typeof base64 === 'string') return `base64: ${base64}`;
  return payload === undefined ? '' : JSON.stringify(payload);
}
