// SPDX-License-Identifier: Apache-2.0
// What the server answered when it refused, or that it did not answer.

/** A refusal of the API: `{"error": {"kind", "message"}}`, or the lack of any answer. */
export class Failure extends Error {
  constructor(
    /** HTTP status; 0 if no answer came. */
    readonly status: number,
    /** As docs/api.md names them, as in `not_found`; `unreachable` if no answer came. */
    readonly kind: string,
    message: string,
  ) {
    super(message);
    this.name = 'Failure';
  }
}

/** A failure in words that stand alone. */
export function words(error: unknown): string {
  if (error instanceof Failure || error instanceof Error) return sentence(error.message);
  return sentence(String(error));
}

/** No answer came at all. */
export function unreachable(): Failure {
  return new Failure(0, 'unreachable', 'the server can’t be reached; this page tries again');
}

/** A refusal as the server put it; whatever stands between may have answered in its place. */
export async function failureOf(answer: Response): Promise<Failure> {
  const text = await answer.text().catch(() => '');
  try {
    const { error } = JSON.parse(text) as { error: { kind: string; message: string } };
    return new Failure(answer.status, error.kind, error.message);
  } catch {
    return new Failure(answer.status, 'unknown', `the answer was status ${answer.status}`);
  }
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}
