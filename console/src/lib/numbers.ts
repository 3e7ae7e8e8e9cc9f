// SPDX-License-Identifier: Apache-2.0
// Numbers in words.

const short = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 6 });
const whole = new Intl.NumberFormat();
const few = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });
const SIZES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** A number, short enough to read. */
export function number(value: number): string {
  const size = Math.abs(value);
  if (Number.isSafeInteger(value)) return whole.format(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e12)) return value.toExponential(3);
  return short.format(value);
}

/** Bytes, in powers of 1,000. */
export function bytes(value: number): string {
  let at = 0;
  let rest = value;
  while (rest >= 1000 && at < SIZES.length - 1) {
    rest /= 1000;
    at += 1;
  }
  return `${few.format(rest)} ${SIZES[at]}`;
}
