// SPDX-License-Identifier: Apache-2.0
// Asks the server by SQL. Values go as parameters, never into the text of a statement.

/** The server's clock minus ours, in milliseconds; its Date header has whole seconds. */
let ahead = 0;

/** Now, on the server's clock, in milliseconds since 1970. */
export function serverNow() {
  return Date.now() + ahead;
}

/** Rows as objects. Throws an Error whose message is for people. */
export async function ask(sql, params = []) {
  const began = Date.now();
  let answer;
  try {
    answer = await fetch("/api/v1/sql", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ sql, params }),
    });
  } catch {
    throw new Error("the server can't be reached");
  }
  if (answer.status === 401) signInAgain();
  noteClock(answer.headers.get("date"), began);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error?.message ?? `status ${answer.status}`);
  const names = body.columns.map((column) => column.name);
  return body.rows.map((row) => Object.fromEntries(row.map((value, at) => [names[at], value])));
}

/** The session has ended: the same address shows the form. */
export function signInAgain() {
  location.reload();
}

function noteClock(date, began) {
  const server = Date.parse(date ?? "");
  if (!Number.isFinite(server)) return;
  const measured = server + 500 - (began + Date.now()) / 2;
  // Half a second is what the header can't tell; a clock that is right to that is left alone.
  ahead = Math.abs(measured) > 1500 ? measured : 0;
}

const EVERY_MS_MAX = 60000;

/** Runs `work` now and again and again while the page is seen; slow answers space it out. */
export function repeat(work, everyMs) {
  let timer = null;
  const run = async () => {
    clearTimeout(timer);
    const began = performance.now();
    if (!document.hidden) await work();
    const took = performance.now() - began;
    clearTimeout(timer);
    timer = setTimeout(run, Math.max(everyMs, Math.min(took * 10, EVERY_MS_MAX)));
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) run();
  });
  run();
  return run;
}
