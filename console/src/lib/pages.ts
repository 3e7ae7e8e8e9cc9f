// SPDX-License-Identifier: Apache-2.0
// Lists that the server gives page by page.

export interface Page<Row> {
  rows: Row[];
  next: string | null;
}

/** The first pages of a list, and whether there are more. */
export async function pages<Row>(count: number, ask: (after: string | null) => Promise<Page<Row>>): Promise<{ rows: Row[]; more: boolean }> {
  const rows: Row[] = [];
  let after: string | null = null;
  for (let number = 0; number < count; number += 1) {
    const page: Page<Row> = await ask(after);
    rows.push(...page.rows);
    after = page.next;
    if (after === null) break;
  }
  return { rows, more: after !== null };
}
