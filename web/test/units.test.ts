import { describe, expect, it } from 'vitest';
import { amount, count, number, rangeNumber, scaleFor } from '../src/format/units';

describe('a scale', () => {
  it('is chosen once for a column, by its largest amount', () => {
    const scale = scaleFor('energy', [3, 7.2e6, null, 100]);
    expect(scale.unit).toBe('kWh');
    expect(number(7.2e6, scale)).toBe('2.00');
    expect(number(3.6e3, scale)).toBe('0.00100');
  });
  it('looks at the size of a loss, not at its sign', () => {
    expect(scaleFor('energy', [-7.2e6]).unit).toBe('kWh');
  });
  it('is the everyday unit where there is nothing', () => {
    expect(scaleFor('energy', []).unit).toBe('J');
    expect(scaleFor('carbon', [null, 0]).unit).toBe('gCO2e');
  });
  it('has small parts of a euro, and no kilo-euros', () => {
    expect(amount('money', 0.0000987)).toBe('98.70 µEUR');
    expect(amount('money', 12345.678)).toBe('12,345.68 EUR');
  });
});

describe('a figure', () => {
  it('has its range in the decimals of its value', () => {
    expect(amount('energy', 12.3 * 3.6e6, 11 * 3.6e6, 13.9 * 3.6e6)).toBe('12.3 (11.0–13.9) kWh');
  });
  it('has no range where low and high are the value', () => {
    expect(rangeNumber({ value: 5, low: 5, high: 5 }, scaleFor('money', [5]))).toBe('5.00');
  });
  it('that is not known is a dash, never 0', () => {
    expect(amount('energy', null)).toBe('–');
    expect(amount('energy', Number.NaN)).toBe('–');
    expect(count(undefined)).toBe('–');
  });
  it('shows a loss with a minus, and no minus before nothing', () => {
    expect(amount('money', -1.5)).toBe('−1.50 EUR');
    expect(number(-0.0000001, scaleFor('money', [1]), 2)).toBe('0.00');
  });
  it('has about three significant figures', () => {
    expect(amount('joules_per_token', 0.0781)).toBe('78.1 mJ/tok');
    expect(amount('intensity', 342.4)).toBe('342 gCO2e/kWh');
    expect(amount('share', 0.1234)).toBe('12.3 %');
  });
});
