// A table that sorts (the order is in the address) and goes into a CSV file as it is shown.
import type { ComponentChildren } from 'preact';
import { params, setParams } from '../state/url';
import { saveCsv, type CsvValue } from '../format/csv';
import { scaleFor, type Quantity, type Range } from '../format/units';
import type { Letter as L } from '../api/types';
import type { Derivation } from '../derive/derivation';
import { Figure } from './figure';

export interface Column<T> {
  id: string;
  head: string;
  group?: string | undefined; // columns beside each other with the same one have it above them
  unit?: string;
  right?: boolean;
  value: (row: T) => CsvValue; // sorts, and goes into the file
  more?: { head: string; value: (row: T) => CsvValue }[]; // only in the file, such as the range
  cell?: (row: T) => ComponentChildren;
  wrap?: boolean;
}

// For columns without a range.
export const single = (value: number | null | undefined): Range | null => (value == null ? null : { value });

interface Amount<T> {
  id: string;
  head: string;
  group?: string;
  quantity: Quantity;
  rows: T[];
  get: (row: T) => Range | null;
  letter?: (row: T) => L | null | undefined;
  derive?: (row: T) => Derivation;
}

// A column of figures with one SI prefix for all of them.
export function amounts<T>({ id, head, group, quantity, rows, get, letter, derive }: Amount<T>): Column<T> {
  const scale = scaleFor(
    quantity,
    rows.map((r) => get(r)?.value),
  );
  const shown = (n: number | null | undefined): CsvValue => (n == null ? null : n / scale.factor);
  const ranged = rows.some((r) => get(r)?.low != null);
  return {
    id,
    head,
    group,
    unit: scale.unit,
    right: true,
    value: (row) => shown(get(row)?.value),
    more: ranged
      ? [
          { head: `${head} low`, value: (row) => shown(get(row)?.low) },
          { head: `${head} high`, value: (row) => shown(get(row)?.high) },
        ]
      : [],
    cell: (row) => {
      const range = get(row);
      return (
        <Figure
          quantity={quantity}
          scale={scale}
          unit={false}
          label={group ? `${group}: ${head}` : head}
          value={range?.value}
          low={range?.low}
          high={range?.high}
          letter={letter?.(row)}
          derive={derive && (() => derive(row))}
        />
      );
    },
  };
}

// Neighbours of one group as one cell.
function Groups<T>({ columns }: { columns: Column<T>[] }) {
  if (!columns.some((c) => c.group)) return null;
  const groups: { name: string; count: number }[] = [];
  for (const c of columns) {
    const last = groups[groups.length - 1];
    if (last && last.name === (c.group ?? '')) last.count += 1;
    else groups.push({ name: c.group ?? '', count: 1 });
  }
  return (
    <tr class="groups">
      {groups.map((g, i) =>
        g.name ? (
          <th key={i} scope="colgroup" colSpan={g.count}>
            <span>{g.name}</span>
          </th>
        ) : (
          <td key={i} colSpan={g.count} />
        ),
      )}
    </tr>
  );
}

export interface TableProps<T> {
  name: string; // of the file, and of the sorting in the address
  caption: string;
  columns: Column<T>[];
  rows: T[];
  rowKey: (row: T) => string;
  sort?: string; // "id" or "-id", until somebody chooses
  empty: ComponentChildren;
  foot?: T; // a total, below and not sorted
  rowClass?: (row: T) => string;
}

function compare(a: CsvValue, b: CsvValue): number {
  if (a == null || b == null) return a == null ? (b == null ? 0 : 1) : -1; // unknown ones last
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}

export function sorted<T>(rows: T[], columns: Column<T>[], by: string | undefined): T[] {
  const down = by?.startsWith('-') ?? false;
  const column = columns.find((c) => c.id === (down ? by!.slice(1) : by));
  if (!column) return rows;
  return [...rows].sort((x, y) => {
    const a = column.value(x),
      b = column.value(y);
    if (a == null || b == null) return compare(a, b);
    return down ? compare(b, a) : compare(a, b);
  });
}

function Head<T>({ column, by, sortName }: { column: Column<T>; by: string | undefined; sortName: string }) {
  const up = by === column.id,
    down = by === `-${column.id}`;
  const next = column.right ? (down ? column.id : `-${column.id}`) : up ? `-${column.id}` : column.id;
  return (
    <th scope="col" class={column.right ? 'right' : ''} aria-sort={up ? 'ascending' : down ? 'descending' : 'none'}>
      <button type="button" class="sort" onClick={() => setParams({ [sortName]: next }, true)}>
        <span>{column.head}</span>
        {column.unit && <span class="unit">{column.unit}</span>}
        <span class="sort-mark" aria-hidden="true">
          {up ? '▲' : down ? '▼' : ''}
        </span>
      </button>
    </th>
  );
}

export function Table<T>({ name, caption, columns, rows, rowKey, sort, empty, foot, rowClass }: TableProps<T>) {
  if (rows.length === 0) return <>{empty}</>;
  const sortName = `sort.${name}`;
  const by = params.value.get(sortName) ?? sort;
  const inOrder = sorted(rows, columns, by);
  const cells = (row: T) =>
    columns.map((c, i) => {
      const content = c.cell ? c.cell(row) : (c.value(row) ?? '–');
      const more = `${c.right ? 'right' : ''} ${c.wrap ? 'wrap' : ''}`;
      return i === 0 ? (
        <th scope="row" class={more}>
          {content}
        </th>
      ) : (
        <td class={more}>{content}</td>
      );
    });
  return (
    <div class="table-block">
      <div class="table-scroll" tabIndex={0} role="group" aria-label={caption}>
        <table class={columns.length > 10 ? 'dense' : ''}>
          <caption class="hidden-text">{caption}</caption>
          <thead>
            <Groups columns={columns} />
            <tr>
              {columns.map((c) => (
                <Head key={c.id} column={c} by={by} sortName={sortName} />
              ))}
            </tr>
          </thead>
          <tbody>
            {inOrder.map((row) => (
              <tr key={rowKey(row)} class={rowClass?.(row)}>
                {cells(row)}
              </tr>
            ))}
          </tbody>
          {foot !== undefined && (
            <tfoot>
              <tr>{cells(foot)}</tr>
            </tfoot>
          )}
        </table>
      </div>
      <div class="table-foot">
        <span class="muted small">{rows.length > 5 ? `${rows.length} rows` : ''}</span>
        <button
          type="button"
          class="button button-quiet"
          onClick={() => saveCsv(name, columns, foot === undefined ? inOrder : [...inOrder, foot])}
        >
          Save as CSV
        </button>
      </div>
    </div>
  );
}
