// SPDX-License-Identifier: Apache-2.0
// A dashboard as it is worked with: every field is there.
import type { Schema } from '$lib/api/client';
import type { History } from '$lib/device/history.svelte';

type Sent = Schema<'Dashboard'>;
export type Kind = Sent['widgets'][number]['kind'];
/** Devices that are shown together. */
export type Things = Required<NonNullable<Sent['widgets'][number]['things']>>;
export type Widget = Required<Omit<Sent['widgets'][number], 'things'>> & { things: Things | null };
export type Dashboard = Required<Omit<Sent, 'widgets'>> & { widgets: Widget[] };

export const COLUMNS = 12;

export const KINDS: readonly { id: Kind; label: string; w: number; h: number }[] = [
  { id: 'value', label: 'Value', w: 3, h: 2 },
  { id: 'gauge', label: 'Gauge', w: 3, h: 3 },
  { id: 'line', label: 'Lines over time', w: 6, h: 4 },
  { id: 'bar', label: 'Bars over time', w: 6, h: 4 },
  { id: 'timeline', label: 'State over time', w: 6, h: 2 },
  { id: 'table', label: 'Table', w: 6, h: 4 },
  { id: 'map', label: 'Map', w: 8, h: 5 },
  { id: 'text', label: 'Text', w: 4, h: 2 },
];

export function whole(sent: Sent): Dashboard {
  return {
    id: sent.id,
    version: sent.version ?? 0,
    title: sent.title,
    about: sent.about ?? '',
    thing_type: sent.thing_type ?? null,
    span: sent.span ?? '15m',
    widgets: sent.widgets.map((one) => ({
      kind: one.kind,
      title: one.title ?? '',
      x: one.x, y: one.y, w: one.w, h: one.h,
      thing: one.thing ?? null,
      metrics: one.metrics ?? [],
      unit: one.unit ?? '',
      min: one.min ?? null,
      max: one.max ?? null,
      text: one.text ?? '',
      sql: one.sql ?? '',
      things: one.things ? { type: one.things.type ?? null, group: one.things.group ?? null, attribute: one.things.attribute ?? null } : null,
    })),
  };
}

/** Whether it shows the device that is chosen on the dashboard. */
export function meansChosen({ kind, thing, things, sql }: Widget): boolean {
  if (kind === 'table' && sql.trim() !== '') return sql.includes('$1') && thing === null;
  return kind !== 'text' && thing === null && things === null;
}

/** What stands behind a metric's numbers: the widget's own word counts more than the metric's. */
export function unitOf(widget: Widget, history: History | undefined, metric: string): string {
  return widget.unit || (history?.unit(metric) ?? '');
}

/** A new widget, below everything that is there. */
export function widget(kind: Kind, widgets: readonly Widget[]): Widget {
  const { w, h } = KINDS.find((one) => one.id === kind) ?? { w: 4, h: 3 };
  const y = Math.max(0, ...widgets.map((one) => one.y + one.h));
  return { kind, title: '', x: 0, y, w, h, thing: null, metrics: [], unit: '', min: null, max: null, text: '', sql: '', things: null };
}

/** Puts one widget where it is wanted; those that it would cover go down. */
export function placed(widgets: readonly Widget[], at: number, place: Pick<Widget, 'x' | 'y' | 'w' | 'h'>): Widget[] {
  const w = Math.min(COLUMNS, Math.max(1, place.w));
  const x = Math.min(COLUMNS - w, Math.max(0, place.x));
  const wanted = { x, y: Math.max(0, place.y), w, h: Math.max(1, place.h) };
  const out = widgets.map((one, index) => (index === at ? { ...one, ...wanted } : { ...one }));
  const order = out.map((_, index) => index).toSorted((a, b) => (a === at ? -1 : b === at ? 1 : (out[a]?.y ?? 0) - (out[b]?.y ?? 0)));
  const settled: Widget[] = [];
  for (const index of order) {
    const one = out[index];
    if (!one) continue;
    while (settled.some((other) => overlap(one, other))) one.y += 1;
    settled.push(one);
  }
  return out;
}

function overlap(a: Widget, b: Widget): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/** An id made of a title. */
export function idOf(title: string): string {
  const plain = title.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  return plain.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '').slice(0, 64);
}
