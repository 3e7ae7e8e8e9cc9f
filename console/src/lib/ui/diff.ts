// SPDX-License-Identifier: Apache-2.0
// Two texts line by line, by their longest common subsequence.

export interface Line {
  of: 'same' | 'theirs' | 'mine';
  text: string;
}

/** Beyond this the two texts are shown one after the other: the table would grow with the square. */
const LINES_MAX = 2000;

export function lines(theirs: string, mine: string): Line[] {
  const a = theirs.split('\n');
  const b = mine.split('\n');
  if (a.length > LINES_MAX || b.length > LINES_MAX) return [...a.map(their), ...b.map(my)];
  const common = table(a, b);
  const out: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      out.push({ of: 'same', text: a[i] ?? '' });
      i += 1;
      j += 1;
    } else if ((common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0)) {
      out.push(their(a[i] ?? ''));
      i += 1;
    } else {
      out.push(my(b[j] ?? ''));
      j += 1;
    }
  }
  return [...out, ...a.slice(i).map(their), ...b.slice(j).map(my)];
}

/** How many lines the rests from (i, j) have in common. */
function table(a: string[], b: string[]): number[][] {
  const common = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const [row, below] = [common[i], common[i + 1]];
      if (!row || !below) continue;
      row[j] = a[i] === b[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return common;
}

const their = (text: string): Line => ({ of: 'theirs', text });
const my = (text: string): Line => ({ of: 'mine', text });
