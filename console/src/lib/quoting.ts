// SPDX-License-Identifier: Apache-2.0
// Texts as other languages want them, so that they are read as they are.

/** A text as a word of a POSIX shell. */
export function shell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A text as a literal of C, Python and JavaScript. */
export function literal(text: string): string {
  return JSON.stringify(text);
}
