// SPDX-License-Identifier: Apache-2.0
// A uPlot of one metric: the mean as a line in a band from least to greatest, and an earlier time
// beside it, dashed.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { number } from '$lib/numbers';
import { zone } from '$lib/time/zone.svelte';
import { axisTimes } from './axis';
import { colourAt } from './colours';
import type { Points } from './points';

export interface Shown {
  points: Points;
  /** The same metric earlier, moved to the time that is shown. */
  earlier: Points | null;
  from: number;
  to: number;
}

export interface Wishes {
  element: HTMLElement;
  width: number;
  height: number;
  /** Charts of one key share their cursor. */
  sync: string;
  /** What stands beside the numbers of the axis. */
  unit: string;
  /** The reader drew over a part of the chart. */
  onzoom(from: number, to: number): void;
  /** The reader points at a time; null when not any more. */
  onpoint(at: number | null): void;
}

const GAP_BUCKETS = 8;

/** Makes the plot; `draw` shows other data in it. */
export function plot(wishes: Wishes, first: Shown): { draw(shown: Shown): void; size(width: number): void; destroy(): void } {
  const colour = (property: string) => colourAt(wishes.element, property);
  const faint = colour('--faint');
  const grid = { stroke: colour('--edge'), width: 1 };
  const axis: uPlot.Axis = { stroke: faint, grid, ticks: grid, font: '12px system-ui' };
  const label = wishes.unit === '' ? {} : { label: wishes.unit, labelSize: 18, labelGap: 0, labelFont: '12px system-ui' };
  const line = colour('--line-1');
  let shown = first;
  const made = new uPlot(
    {
      width: wishes.width,
      height: wishes.height,
      ms: 1,
      tzDate: (at) => (zone.name === undefined ? new Date(at) : uPlot.tzDate(new Date(at), zone.name)),
      legend: { show: false },
      cursor: { sync: { key: wishes.sync }, drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
      scales: {
        x: { time: true, range: () => [shown.from, shown.to] },
        y: { range: (_, low, high) => spread(low, high) },
      },
      axes: [{ ...axis, space: 90, values: (_, splits) => axisTimes(splits, shown.to - shown.from) }, { ...axis, ...label, size: 64, values: (_, splits) => splits.map((value) => number(value)) }],
      series: [
        {},
        { stroke: 'transparent', points: { show: false } },
        { stroke: 'transparent', points: { show: false } },
        { stroke: line, width: 1.6, points: { show: (_, at) => at === 3 && shown.points.time.length < 60, size: 4 } },
        { stroke: colour('--line-2'), width: 1.4, dash: [5, 4], points: { show: false } },
      ],
      bands: [{ series: [2, 1], fill: colour('--band-1') }],
      hooks: {
        setCursor: [
          (self) => {
            const { idx } = self.cursor;
            wishes.onpoint(typeof idx === 'number' ? (self.data[0][idx] ?? null) : null);
          },
        ],
        setSelect: [
          (self) => {
            const { left, width } = self.select;
            if (width < 6) return;
            wishes.onzoom(self.posToVal(left, 'x'), self.posToVal(left + width, 'x'));
            self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    },
    columns(first),
    wishes.element,
  );
  return {
    draw(next) {
      shown = next;
      made.setData(columns(next));
    },
    size(width) {
      made.setSize({ width, height: wishes.height });
    },
    destroy: () => made.destroy(),
  };
}

/** The columns as uPlot has them: one row of times for all, nothing where values are far apart. */
function columns({ points, earlier }: Shown): uPlot.AlignedData {
  const { time, min, max, mean } = parted(points);
  const own: uPlot.AlignedData = [time, min, max, mean] as uPlot.AlignedData;
  if (earlier === null || earlier.time.length === 0) return [...own, time.map(() => null)] as uPlot.AlignedData;
  const other = parted(earlier);
  return uPlot.join([own, [other.time, other.mean] as uPlot.AlignedData]);
}

interface Parted {
  time: number[];
  min: (number | null)[];
  max: (number | null)[];
  mean: (number | null)[];
}

/** A line is broken where it would bridge a silence. */
function parted({ time, min, max, mean }: Points): Parted {
  const gaps = time.slice(1).map((at, index) => at - (time[index] ?? at));
  const usual = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
  const out: Parted = { time: [], min: [], max: [], mean: [] };
  time.forEach((at, index) => {
    const before = time[index - 1];
    if (before !== undefined && usual > 0 && at - before > usual * GAP_BUCKETS) {
      out.time.push(before + usual);
      out.min.push(null);
      out.max.push(null);
      out.mean.push(null);
    }
    out.time.push(at);
    out.min.push(min[index] ?? null);
    out.max.push(max[index] ?? null);
    out.mean.push(mean[index] ?? null);
  });
  return out;
}

/** Some room above and below; a line that does not move stands in the middle. */
function spread(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  const room = high > low ? (high - low) * 0.08 : Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
}
