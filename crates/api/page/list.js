// SPDX-License-Identifier: Apache-2.0
// The first view: what has data, by name, and what was refused.
import { ask, repeat, serverNow } from "./ask.js";
import { build, choice, say } from "./build.js";
import { ago, moment } from "./words.js";

const SOURCES_MAX = 500;
const ASK_MS = 5000;
/** Asks when somebody has stopped typing for so long. */
const TYPING_MS = 250;
const SPANS = [["1 hour", "last hour"], ["1 day", "last day"], ["30 days", "last 30 days"]];

const SOURCES_SQL = `SELECT thing, CASE WHEN thing IS NULL THEN topic END AS topic,
       max(time) AS last, count(DISTINCT metric) AS metrics
FROM telemetry
WHERE time > now() - CAST($1 AS INTERVAL)
  AND strpos(lower(coalesce(thing, topic)), lower($2)) > 0
GROUP BY 1, 2 ORDER BY last DESC LIMIT ${SOURCES_MAX + 1}`;

const REFUSED_SQL = `SELECT time, kind, coalesce(thing, client_id, address, principal) AS who, cause, count
FROM events
WHERE outcome = 'refused' AND time > now() - INTERVAL '1 day'
ORDER BY time DESC LIMIT 8`;

const order = new Intl.Collator(undefined, { numeric: true });

/** Shows the list in `main`. */
export function showList(main) {
  const asked = new URLSearchParams(location.search);
  const chosen = { span: asked.get("within") ?? "1 day", name: asked.get("name") ?? "" };
  if (!SPANS.some(([value]) => value === chosen.span)) chosen.span = "1 day";
  const trouble = build("p", { class: "refusal", role: "alert" });
  const list = build("div", { class: "scroll" }, build("p", { class: "hint" }, "Asking…"));
  const more = build("p", { class: "hint" });
  const refusals = build("section", { hidden: true });
  let again = () => {};
  const changed = () => {
    history.replaceState(null, "", `?${new URLSearchParams({ within: chosen.span, name: chosen.name })}`);
    again();
  };
  const span = choice("With data in the", SPANS, chosen.span, (value) => {
    chosen.span = value;
    changed();
  });
  const find = build("input", { type: "search", value: chosen.name, placeholder: "name" });
  let typing = null;
  find.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      chosen.name = find.value;
      changed();
    }, TYPING_MS);
  });
  main.append(
    build("h1", {}, "Things"),
    build("div", { class: "tools" }, span.field,
      build("label", { class: "field" }, build("span", {}, "Find"), find)),
    trouble, list, more, refusals,
  );
  again = repeat(async () => {
    const { span: within, name } = chosen;
    try {
      const sources = await ask(SOURCES_SQL, [within, name]);
      if (within !== chosen.span || name !== chosen.name) return;
      showSources(list, sources.slice(0, SOURCES_MAX), name);
      const cut = sources.length > SOURCES_MAX;
      say(more, cut ? `Only the ${SOURCES_MAX} newest are shown: find by name.` : "");
      showRefusals(refusals, await ask(REFUSED_SQL));
      say(trouble, "");
    } catch (error) {
      say(trouble, `Not up to date: ${error.message}.`);
    }
  }, ASK_MS);
}

function showSources(list, sources, name) {
  if (sources.length === 0) {
    list.replaceChildren(name === "" ? nothingYet() : build("p", {}, "No name has that in it."));
    return;
  }
  const focused = document.activeElement?.getAttribute?.("href");
  const heads = ["Thing", "Last message", "Metrics"].map((head) => build("th", { scope: "col" }, head));
  const now = serverNow();
  // By name: an order by time would jump with every message.
  const rows = sources.toSorted(byName).map((source) => {
    const last = Date.parse(source.last);
    return build("tr", {},
      build("th", { scope: "row" }, link(source)),
      build("td", { title: moment(last), class: "when" }, ago(last, now)),
      build("td", { class: "value" }, String(source.metrics)));
  });
  list.replaceChildren(build("table", { class: "things" },
    build("thead", {}, build("tr", {}, heads)), build("tbody", {}, rows)));
  if (focused) [...list.querySelectorAll("a")].find((a) => a.getAttribute("href") === focused)?.focus();
}

function byName(a, b) {
  if ((a.thing === null) !== (b.thing === null)) return a.thing === null ? 1 : -1;
  return order.compare(a.thing ?? a.topic, b.thing ?? b.topic);
}

function link({ thing, topic }) {
  if (thing !== null) return build("a", { href: `/things/${encodeURIComponent(thing)}` }, thing);
  const href = `/topic?${new URLSearchParams({ name: topic })}`;
  return [build("a", { href }, topic), build("span", { class: "hint" }, " topic, no thing")];
}

function nothingYet() {
  return build("div", { class: "nothing" },
    build("p", {}, "Waiting for the first message… this page shows it by itself."),
    build("p", {}, "Nothing to send yet? Virtual water meters, where the server runs:"),
    build("pre", {}, build("code", {}, "headwater simulate water --data DIR")));
}

function showRefusals(section, rows) {
  section.hidden = rows.length === 0;
  const heads = ["When", "What", "Who", "Why"].map((head) => build("th", { scope: "col" }, head));
  const now = serverNow();
  const lines = rows.map(({ time, kind, who, cause, count }) =>
    build("tr", {},
      build("td", { title: moment(Date.parse(time)), class: "when" }, ago(Date.parse(time), now)),
      build("td", {}, count > 1 ? `${kind} ×${count}` : kind),
      build("td", {}, who ?? ""),
      build("td", {}, cause)));
  section.replaceChildren(
    build("h2", {}, "Refused in the last day"),
    build("div", { class: "scroll" }, build("table", { class: "refusals" },
      build("thead", {}, build("tr", {}, heads)), build("tbody", {}, lines))));
}
