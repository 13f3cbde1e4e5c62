import { describe, expect, it } from 'vitest';
import { toCsv } from '../src/format/csv';

const columns = [
  { head: 'name', value: (r: { n: string; e: number | null }) => r.n },
  {
    head: 'Energy',
    group: 'In all',
    unit: 'kWh',
    value: (r: { n: string; e: number | null }) => r.e,
    more: [{ head: 'Energy low', value: () => 1 }],
  },
];

describe('a CSV file', () => {
  it('has the units in its head, and the ranges as columns', () => {
    expect(toCsv(columns, [{ n: 'chat', e: 2.5 }])).toBe(
      'name,In all: Energy [kWh],In all: Energy low [kWh]\r\nchat,2.5,1\r\n',
    );
  });
  it('quotes commas, quotes and line ends', () => {
    expect(toCsv(columns, [{ n: 'a,"b"\nc', e: null }])).toContain('"a,""b""\nc",,1');
  });
  it.each(['=1+1', '+1', '-1', '@x'])('keeps a spreadsheet from running a name: %s', (n) => {
    expect(toCsv(columns, [{ n, e: 0 }])).toContain(`'${n}`);
  });
  it('leaves a negative number a number', () => {
    expect(toCsv(columns, [{ n: 'a', e: -1 }])).toContain('a,-1,');
  });
});
