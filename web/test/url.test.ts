import { describe, expect, it } from 'vitest';
import { apiQuery, changed, readPeriod } from '../src/state/url';

const query = (text: string): URLSearchParams => new URLSearchParams(text);

describe('the time range', () => {
  it('is a day until the address says otherwise', () => {
    expect(readPeriod(query(''))).toEqual({ since: '24h', until: null, seconds: 86400, live: true });
  });
  it('is what range says, up to now', () => {
    expect(readPeriod(query('range=7d'))).toMatchObject({ since: '7d', seconds: 604800, live: true });
  });
  it('is fixed between since and until', () => {
    const p = readPeriod(query('since=2026-11-01T00:00:00Z&until=2026-11-02T00:00:00Z'));
    expect(p).toMatchObject({ seconds: 86400, live: false });
  });
  it.each([
    'range=forever',
    'range=0h',
    'range=-1h',
    'range=99999999d',
    'since=2026-11-02T00:00:00Z&until=2026-11-01T00:00:00Z',
    'since=x&until=y',
  ])('is a day where the address is wrong: %s', (text) => {
    expect(readPeriod(query(text)).since).toBe('24h');
  });
});

describe('the query of the API', () => {
  it('has the range and the filters, and nothing else of the address', () => {
    expect(apiQuery(query('range=1h&workload=chat&sort.requests=-cost&by=key'), { by: 'zone' })).toBe(
      'since=1h&workload=chat&by=zone',
    );
  });
  it('escapes names, which come from clients', () => {
    expect(apiQuery(query('key=a%26b%3Dc'))).toBe('since=24h&key=a%26b%3Dc');
  });
});

describe('a change of the address', () => {
  it('keeps what it does not name', () => {
    expect(changed(query('range=1h&zone=FR'), { zone: 'DE' }).toString()).toBe('range=1h&zone=DE');
  });
  it('removes what is null or empty, and the default range', () => {
    expect(changed(query('range=1h&zone=FR'), { zone: null, range: '24h' }).toString()).toBe('');
  });
  it('makes equal states equal links', () => {
    expect(changed(query('b=2&a=1'), {}).toString()).toBe(changed(query('a=1&b=2'), {}).toString());
  });
});
