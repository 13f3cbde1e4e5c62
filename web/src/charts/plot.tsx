// uPlot in a component: colours of the theme, one unit on the axis, a tooltip, dragging selects a time range, and the same
// numbers as a table for who cannot see a picture.
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { clock, dateTime, day } from '../format/time';
import { number, scaleFor, withUnit, type Quantity, type Scale } from '../format/units';
import { setWindow } from '../state/url';
import { theme } from '../state/theme';
import { Empty } from '../components/states';
import { saveCsv } from '../format/csv';
import { alone } from './alone';
import { tooltip } from './tooltip';

export interface Line {
  label: string;
  color: string; // a CSS variable's name, "--energy"
  values: (number | null)[];
  low?: (number | null)[] | undefined; // a 90 % band
  high?: (number | null)[] | undefined;
  kind?: 'line' | 'bars' | 'step';
  dashed?: boolean;
}

interface Props {
  name: string; // says what is seen; of the file, too
  quantity: Quantity;
  t: number[]; // Unix seconds
  stepSeconds?: number;
  lines: Line[];
  stacked?: boolean;
  height?: number;
  now?: number; // a mark; what is after it is a forecast
  selects?: boolean; // dragging changes the page's time range
  empty?: string;
}

const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function translucent(color: string, alpha: number): string {
  const hex = /^#([0-9a-f]{6})$/i.exec(color)?.[1];
  if (!hex) return color;
  const n = parseInt(hex, 16);
  return `rgba(${n >> 16},${(n >> 8) & 255},${n & 255},${alpha})`;
}

// Each line on top of those before it, and back the other way round so that the lower ones are painted last.
function stack(lines: Line[], length: number): Line[] {
  const sums = new Array<number>(length).fill(0);
  return lines
    .map((line) => ({ ...line, values: line.values.map((v, i) => (sums[i] = sums[i]! + (v ?? 0))) }))
    .reverse();
}

function timeLabels(_u: uPlot, splits: number[], _axis: number, _space: number, increment: number): string[] {
  let before = '';
  return splits.map((s) => {
    const d = new Date(s * 1000);
    const date = day(d).slice(5);
    if (increment >= 86400) return date;
    const text = before !== date && before !== '' ? `${clock(d, increment < 60)}\n${date}` : clock(d, increment < 60);
    before = date;
    return text;
  });
}

function seriesOf(line: Line, stacked: boolean): uPlot.Series {
  const color = css(line.color);
  if (line.kind === 'bars') {
    const paths = uPlot.paths.bars!({ size: [0.78, 60], align: 1, radius: stacked ? 0 : 0.12 });
    return {
      label: line.label,
      stroke: color,
      fill: translucent(color, stacked ? 1 : 0.85),
      width: 0,
      paths,
      points: { show: false },
    };
  }
  const base: uPlot.Series = {
    label: line.label,
    stroke: color,
    width: 1.75,
    points: { show: true, size: 5, width: 0, fill: color, filter: (u, series) => alone(u.data[series]!) },
  };
  if (line.dashed) base.dash = [5, 4];
  if (line.kind === 'step') base.paths = uPlot.paths.stepped!({ align: 1 });
  return base;
}

// A band is two invisible series with a fill between them.
function withBands(
  lines: Line[],
  stacked: boolean,
): { data: (number | null)[][]; series: uPlot.Series[]; bands: uPlot.Band[] } {
  const data: (number | null)[][] = [],
    series: uPlot.Series[] = [],
    bands: uPlot.Band[] = [];
  for (const line of lines) {
    if (line.low && line.high && !stacked) {
      const hidden: uPlot.Series = { label: '', stroke: 'transparent', width: 0, points: { show: false } };
      if (line.kind === 'step') hidden.paths = uPlot.paths.stepped!({ align: 1 });
      const at = series.length + 1; // 0 is time
      data.push(line.high, line.low);
      series.push(hidden, { ...hidden });
      bands.push({ series: [at, at + 1], fill: translucent(css(line.color), 0.16) });
    }
    data.push(line.values);
    series.push(seriesOf(line, stacked));
  }
  return { data, series, bands };
}

function aligned(p: Props, scale: Scale, lines: Line[]): uPlot.AlignedData {
  const { data } = withBands(lines, p.stacked ?? false);
  return [p.t, ...data.map((d) => d.map((v) => (v == null ? null : v / scale.factor)))] as uPlot.AlignedData;
}

function options(
  p: Props,
  scale: Scale,
  width: number,
  lines: Line[],
  latest: RefObject<Props>,
): { opts: uPlot.Options; data: uPlot.AlignedData } {
  const { series, bands } = withBands(lines, p.stacked ?? false);
  const grid = { stroke: css('--line'), width: 1 };
  const axis = { stroke: css('--text-3'), grid, ticks: { show: false }, font: `11px ${css('--font')}` };
  const bars = lines.some((l) => l.kind === 'bars' || l.kind === 'step');
  const end = bars && p.stepSeconds ? p.stepSeconds : 0;
  const mark = p.now;
  const opts: uPlot.Options = {
    width,
    height: p.height ?? 220,
    padding: [10, 26, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 7 }, drag: { x: p.selects ?? false, y: false, setScale: false } },
    scales: {
      x: { time: true, range: (_u, low, high) => [low, high + end] },
      y: { range: (_u, _low, high) => [0, high > 0 ? high * 1.08 : 1] },
    },
    axes: [
      {
        ...axis,
        values: timeLabels,
        grid: { show: false },
        space: 64,
        // Room for a second line where a day begins.
        size: (_u, labels) => (labels?.some((l) => l.includes('\n')) ? 38 : 24),
      },
      {
        ...axis,
        size: 58,
        ...(p.quantity === 'count' ? { incrs: wholeSteps } : {}),
        values: (_u, splits) => splits.map((s) => number(s, { ...scale, factor: 1 }, axisDecimals(splits))),
      },
    ],
    series: [{}, ...series],
    bands,
    plugins: [tooltip((i) => tooltipLines(latest.current ?? p, scale, i))],
    hooks: {
      setSelect: [
        (u) => {
          if (!p.selects || u.select.width < 8) return;
          setWindow(u.posToVal(u.select.left, 'x') * 1000, u.posToVal(u.select.left + u.select.width, 'x') * 1000);
        },
      ],
      drawClear: mark == null ? [] : [(u) => shadeAfter(u, mark)],
    },
  };
  return { opts, data: aligned(p, scale, lines) };
}

const wholeSteps = Array.from({ length: 10 }, (_, i) => [1, 2, 5].map((n) => n * 10 ** i)).flat();

function axisDecimals(splits: number[]): number {
  const step = splits.length > 1 ? Math.abs(splits[1]! - splits[0]!) : 1;
  return Math.max(0, Math.min(6, Math.ceil(-Math.log10(step) - 1e-9)));
}

function shadeAfter(u: uPlot, at: number): void {
  const x = u.valToPos(at, 'x', true);
  const { left, top, width, height } = u.bbox;
  if (x < left || x > left + width) return;
  u.ctx.save();
  u.ctx.fillStyle = css('--surface-2');
  u.ctx.fillRect(x, top, left + width - x, height);
  u.ctx.strokeStyle = css('--line-strong');
  u.ctx.setLineDash([3, 3]);
  u.ctx.beginPath();
  u.ctx.moveTo(x, top);
  u.ctx.lineTo(x, top + height);
  u.ctx.stroke();
  u.ctx.restore();
}

function tooltipLines(p: Props, scale: Scale, i: number): { head: string; rows: { color: string; text: string }[] } {
  const t = p.t[i]!;
  const head = dateTime(t * 1000, (p.stepSeconds ?? 60) < 60) + (p.now != null && t > p.now ? ', forecast' : '');
  const rows = p.lines
    .filter((l) => l.values[i] != null)
    .map((l) => {
      const low = l.low?.[i],
        high = l.high?.[i];
      const range = low != null && high != null ? ` (${number(low, scale)}–${number(high, scale)})` : '';
      return { color: l.color, text: `${l.label} ${withUnit(`${number(l.values[i], scale)}${range}`, scale)}` };
    });
  return { head, rows };
}

function csvColumns(p: Props, scale: Scale) {
  return [
    { head: 'time', value: (i: number) => new Date(p.t[i]! * 1000).toISOString() },
    ...p.lines.flatMap((l) => {
      const column = (head: string, values: (number | null)[]) => ({
        head,
        unit: scale.unit,
        value: (i: number) => (values[i] == null ? null : values[i]! / scale.factor),
      });
      return [
        column(l.label, l.values),
        ...(l.low ? [column(`${l.label} low`, l.low)] : []),
        ...(l.high ? [column(`${l.label} high`, l.high)] : []),
      ];
    }),
  ];
}

export function Plot(p: Props) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(p); // for the tooltip, which outlives a render
  latest.current = p;
  const [asTable, setAsTable] = useState(false);
  const nothing = p.t.length < 2 || p.lines.every((l) => l.values.every((v) => v == null || v === 0));
  const scale = scaleFor(
    p.quantity,
    p.lines.flatMap((l) => [...l.values, ...(l.high ?? [])]),
  );
  // Drawn anew when one of these changes; other data goes into the chart that is there.
  const form = [
    theme.value,
    nothing,
    asTable,
    p.now,
    p.stepSeconds,
    scale.unit,
    ...p.lines.map((l) => `${l.label}|${l.color}|${l.kind}|${!!l.low}`),
  ].join();

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const lines = p.stacked ? stack(p.lines, p.t.length) : p.lines;
    const { opts, data } = options(p, scale, Math.max(160, element.clientWidth), lines, latest);
    const drawn = new uPlot(opts, data, element);
    plot.current = drawn;
    const resized = new ResizeObserver(() => {
      if (element.clientWidth > 0 && element.clientWidth !== drawn.width)
        drawn.setSize({ width: element.clientWidth, height: opts.height });
    });
    resized.observe(element);
    return () => {
      resized.disconnect();
      drawn.destroy();
      plot.current = null;
    };
  }, [form]);

  useEffect(() => {
    if (plot.current) plot.current.setData(aligned(p, scale, p.stacked ? stack(p.lines, p.t.length) : p.lines));
  }, [p.t, p.lines]);

  if (nothing)
    return <Empty title={p.empty ?? 'Nothing happened in this time'}>Choose a longer time range above.</Empty>;
  const columns = csvColumns(p, scale);
  return (
    <figure class="plot">
      <figcaption class="plot-head">
        <ul class="legend">
          {p.lines.map((l) => (
            <li key={l.label}>
              <span class={`swatch swatch${l.color} ${l.dashed ? 'swatch-dashed' : ''}`} />
              {l.label}
            </li>
          ))}
          {scale.unit && (
            <li class="muted">
              {scale.unit}
              {p.lines.some((l) => l.low) ? ', with 90 % range' : ''}
            </li>
          )}
        </ul>
        <span class="plot-actions">
          <button type="button" class="link-button" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {asTable ? 'Chart' : 'Table'}
          </button>
          <button
            type="button"
            class="link-button"
            onClick={() =>
              saveCsv(
                p.name,
                columns,
                p.t.map((_, i) => i),
              )
            }
          >
            CSV
          </button>
        </span>
      </figcaption>
      {asTable ? (
        <div class="table-scroll plot-table" tabIndex={0} role="group" aria-label={`${p.name}, as a table`}>
          <table>
            <thead>
              <tr>
                {columns.map((c, i) => (
                  <th key={c.head} scope="col" class={i ? 'right' : ''}>
                    {c.head}
                    {'unit' in c && c.unit ? ` [${c.unit}]` : ''}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {p.t.map((t, i) => (
                <tr key={t}>
                  {columns.map((c, j) =>
                    j === 0 ? (
                      <th key={c.head} scope="row">
                        {dateTime(t * 1000)}
                      </th>
                    ) : (
                      <td key={c.head} class="right">
                        {number(c.value(i) as number | null, { ...scale, factor: 1 })}
                      </td>
                    ),
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <div
          class="plot-host"
          ref={host}
          role="img"
          aria-label={`Chart of ${p.name}; the button Table shows the numbers`}
        />
      )}
    </figure>
  );
}
