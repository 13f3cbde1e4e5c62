// RFC 4180, with a header line that has the units.
export type CsvValue = string | number | boolean | null | undefined;

interface CsvColumn<T> {
  head: string;
  group?: string | undefined;
  unit?: string;
  value: (row: T) => CsvValue;
  more?: { head: string; value: (row: T) => CsvValue }[];
}

function field(value: CsvValue): string {
  if (value == null) return '';
  let text = String(value);
  // A spreadsheet would run what begins like a formula, and names come from clients.
  if (typeof value === 'string' && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function toCsv<T>(columns: CsvColumn<T>[], rows: T[]): string {
  const flat = columns.flatMap((c) => [c, ...(c.more ?? []).map((m) => ({ ...m, group: c.group, unit: c.unit }))]);
  const named = (c: { head: string; group?: string | undefined }): string =>
    c.group ? `${c.group}: ${c.head}` : c.head;
  const heads = flat.map((c) => field(c.unit ? `${named(c)} [${c.unit}]` : named(c)));
  const lines = rows.map((row) => flat.map((c) => field(c.value(row))).join(','));
  return [heads.join(','), ...lines].join('\r\n') + '\r\n';
}

export function saveCsv<T>(name: string, columns: CsvColumn<T>[], rows: T[]): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([toCsv(columns, rows)], { type: 'text/csv' }));
  link.download = `trine-${name}-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}
