import { describe, expect, it } from 'vitest';
import type { ScoreOption } from '../src/api/types';
import { axes, moveWeight, readWeights, score, writeWeights } from '../src/derive/score';

const figure = (value: number) => ({ value, low: null, high: null, quality: 'C' as const });
const option = (name: string, cost: number, control: number, carbon: number): ScoreOption => ({
  name,
  model: 'm',
  zone: 'FR',
  score: 0,
  g_per_kwh: 1,
  joules_per_token: figure(1),
  cost_per_mtok: figure(cost),
  carbon_g_per_mtok: figure(carbon),
  control: figure(control),
});
const cheap = option('cheap', 1, 0.5, 100),
  clean = option('clean', 2, 0.5, 10),
  safe = option('safe', 4, 1, 100);

describe('the score', () => {
  it('puts the best of the only axis that counts first, with 1', () => {
    for (const [axis, name] of [
      ['cost', 'cheap'],
      ['carbon', 'clean'],
      ['control', 'safe'],
    ] as const) {
      const first = score([cheap, clean, safe], { cost: 0, control: 0, carbon: 0, [axis]: 1 })[0]!;
      expect([first.option.name, first.score]).toEqual([name, 1]);
    }
  });
  it('is the weighted product of docs/csoa.md §2.3', () => {
    const of = score([cheap, clean], { cost: 0.5, control: 0.2, carbon: 0.3 }).find((s) => s.option === cheap)!;
    expect(of.score).toBeCloseTo(1 ** 0.5 * 1 ** 0.2 * (10 / 100) ** 0.3, 12);
  });
  it('orders two alike, whatever else is there', () => {
    const weights = { cost: 0.4, control: 0.3, carbon: 0.3 };
    const order = (list: ScoreOption[]) =>
      score(list, weights)
        .map((s) => s.option.name)
        .filter((n) => n !== 'safe');
    expect(order([cheap, clean, safe])).toEqual(order([cheap, clean]));
  });
});

describe('weights', () => {
  it('sum to 1 wherever one is moved, and the others keep their ratio', () => {
    for (const axis of axes) {
      for (const to of [0, 0.3, 1]) {
        const w = moveWeight({ cost: 0.2, control: 0.4, carbon: 0.4 }, axis, to);
        expect(w.cost + w.control + w.carbon).toBeCloseTo(1, 12);
        expect(w[axis]).toBe(to);
      }
    }
    const moved = moveWeight({ cost: 0.2, control: 0.6, carbon: 0.2 }, 'cost', 0.6);
    expect(moved.control / moved.carbon).toBeCloseTo(3, 12);
  });
  it('come back from all on one axis', () => {
    expect(moveWeight({ cost: 1, control: 0, carbon: 0 }, 'cost', 0.5)).toEqual({
      cost: 0.5,
      control: 0.25,
      carbon: 0.25,
    });
  });
  it('go into the address and back', () => {
    expect(readWeights(writeWeights({ cost: 0.5, control: 0.25, carbon: 0.25 }))).toEqual({
      cost: 0.5,
      control: 0.25,
      carbon: 0.25,
    });
  });
  it.each([null, '', '1,2', '0.5,0.5,0.5', '-1,1,1', 'a,b,c', '0.5,0.5'])(
    'are none where the address is wrong: %s',
    (text) => {
      expect(readWeights(text)).toBeNull();
    },
  );
});
