import { describe, expect, it } from 'vitest';
import { splitReason } from '../src/derive/request';
import { alone } from '../src/charts/alone';
import { cleanSpells } from '../src/derive/clean_hours';
import { span } from '../src/format/time';

describe('a record’s reason', () => {
  it('is the router’s where the guard found nothing', () => {
    expect(splitReason('fr: score 1.00 of 2, by score')).toEqual({
      guard: null,
      route: 'fr: score 1.00 of 2, by score',
    });
  });
  it('is the guard’s alone where no call was made', () => {
    expect(splitReason('guard: block by policy default\n- tier 1: injection -> block')).toEqual({
      guard: ['block by policy default', 'tier 1: injection -> block'],
      route: '',
    });
  });
  it('is both, the router’s first', () => {
    expect(splitReason('fr: by score; guard: flag')).toEqual({ guard: ['flag'], route: 'fr: by score' });
  });
});

describe('clean hours', () => {
  const slots = (values: number[]) =>
    values.map((g, i) => ({
      start: new Date(i * 3600_000).toISOString(),
      seconds: 3600,
      g_per_kwh: g,
      low: null,
      high: null,
      granularity: 'profile',
      source: 's',
      estimated: true,
    }));
  it('are the lowest quarter of the range ahead, joined to spells, the best first', () => {
    const spells = cleanSpells(slots([100, 100, 20, 10, 100, 30, 100]), 0);
    expect(spells.map((s) => [s.from / 3600, s.to / 3600, s.mean])).toEqual([
      [2, 4, 15],
      [5, 6, 30],
    ]);
  });
  it('are none where every hour is alike: an average knows no hours', () => {
    expect(cleanSpells(slots([342, 342, 342]), 0)).toEqual([]);
  });
  it('do not lie in the past', () => {
    expect(cleanSpells(slots([1, 100, 50]), 3600)).toEqual([{ from: 7200, to: 10800, mean: 50 }]);
  });
});

describe('a span', () => {
  it.each([
    [5, '5 s'],
    [90, '2 min'],
    [3600, '1 h'],
    [5400, '1 h 30 min'],
    [90000, '1 d 1 h'],
    [28685968, '332 d'],
  ])('of %d s reads %s', (s, text) => {
    expect(span(s)).toBe(text);
  });
});

describe('a chart’s dots', () => {
  it('are the values between two gaps, which make no line', () => {
    expect(alone([null, 1, null, 2, 3, null, 4])).toEqual([1, 6]);
    expect(alone([5])).toEqual([0]);
    expect(alone([1, 2, 3])).toEqual([]);
  });
});
