// Numbers as people read them. Amounts come as the API has them (joules, grams, euros, seconds, watts, tokens); a scale
// is chosen once, for a column or a figure with its range, so that numbers beside each other can be compared.

export type Quantity =
  | 'energy' // J
  | 'carbon' // gCO2e
  | 'money' // the ledger's currency
  | 'power' // W
  | 'tokens'
  | 'count'
  | 'share' // 0..1
  | 'intensity' // gCO2e/kWh
  | 'joules_per_token'
  | 'joules_per_request'
  | 'money_per_mtok'
  | 'grams_per_mtok'
  | 'duration' // s
  | 'rate' // 1/s
  | 'control' // 0..1
  | 'score'; // 0..1

export interface Scale {
  quantity: Quantity;
  factor: number; // shown = amount / factor
  unit: string;
}

export interface Range {
  value: number;
  low?: number | null | undefined;
  high?: number | null | undefined;
}

type Step = [from: number, factor: number, unit: string];

// Each ladder from small to large; a value below the first step takes the first.
const ladders: Partial<Record<Quantity, Step[]>> = {
  energy: [
    [0, 1e-3, 'mJ'],
    [0.1, 1, 'J'],
    [3.6e3, 3.6e3, 'Wh'],
    [3.6e6, 3.6e6, 'kWh'],
    [3.6e9, 3.6e9, 'MWh'],
  ],
  joules_per_request: [
    [0, 1e-3, 'mJ'],
    [0.1, 1, 'J'],
    [3.6e3, 3.6e3, 'Wh'],
    [3.6e6, 3.6e6, 'kWh'],
  ],
  carbon: [
    [0, 1e-6, 'µgCO2e'],
    [1e-4, 1e-3, 'mgCO2e'],
    [1e-1, 1, 'gCO2e'],
    [1e3, 1e3, 'kgCO2e'],
    [1e6, 1e6, 'tCO2e'],
  ],
  power: [
    [0, 1e-3, 'mW'],
    [0.1, 1, 'W'],
    [1e4, 1e3, 'kW'],
    [1e7, 1e6, 'MW'],
  ],
  tokens: [
    [0, 1, 'tok'],
    [1e5, 1e3, 'ktok'],
    [1e7, 1e6, 'Mtok'],
    [1e10, 1e9, 'Gtok'],
  ],
  joules_per_token: [
    [0, 1e-3, 'mJ/tok'],
    [0.1, 1, 'J/tok'],
    [1e4, 1e3, 'kJ/tok'],
  ],
  grams_per_mtok: [
    [0, 1, 'g/Mtok'],
    [1e4, 1e3, 'kg/Mtok'],
  ],
  duration: [
    [0, 1e-6, 'µs'],
    [1e-3, 1e-3, 'ms'],
    [1, 1, 's'],
    [600, 60, 'min'],
    [36000, 3600, 'h'],
    [864000, 86400, 'd'],
  ],
};

let currency = 'EUR';
export function setCurrency(code: string): void {
  currency = code;
}
export function currencyCode(): string {
  return currency;
}

// A document costs a fraction of a cent, so euros have SI prefixes downwards, and none upwards.
const moneyLadder = (per: string): Step[] => [
  [0, 1e-6, `µ${currency}${per}`],
  [1e-3, 1e-3, `m${currency}${per}`],
  [1e-2, 1, `${currency}${per}`],
];

function plainUnit(q: Quantity): [number, string] {
  switch (q) {
    case 'intensity':
      return [1, 'gCO2e/kWh'];
    case 'share':
      return [0.01, '%'];
    case 'rate':
      return [1, '/s'];
    default:
      return [1, ''];
  }
}

// The scale for the largest of `amounts`. Nulls are not looked at.
export function scaleFor(quantity: Quantity, amounts: Iterable<number | null | undefined>): Scale {
  const ladder =
    quantity === 'money' ? moneyLadder('') : quantity === 'money_per_mtok' ? moneyLadder('/Mtok') : ladders[quantity];
  if (!ladder) {
    const [factor, unit] = plainUnit(quantity);
    return { quantity, factor, unit };
  }
  let largest = 0;
  for (const a of amounts) if (a != null && Number.isFinite(a)) largest = Math.max(largest, Math.abs(a));
  // Nothing at all reads better in the everyday unit than in the smallest one.
  const usual: Step = ladder.find((s) => s[1] === 1) ?? ladder[0]!;
  let best = largest === 0 ? usual : ladder[0]!;
  if (largest > 0) for (const step of ladder) if (largest >= step[0]) best = step;
  return { quantity, factor: best[1], unit: best[2] };
}

const formats = new Map<number, Intl.NumberFormat>();
function fixed(value: number, decimals: number): string {
  let format = formats.get(decimals);
  if (!format) {
    format = new Intl.NumberFormat('en-GB', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    formats.set(decimals, format);
  }
  // A minus as typeset; "-0.00" is no loss.
  const text = format.format(value);
  return /^-[0.,]+$/.test(text) ? text.slice(1) : text.replace('-', '−');
}

// Decimals that leave about three significant figures of `shown`.
export function decimalsFor(quantity: Quantity, shown: number): number {
  if (quantity === 'count') return 0;
  const size = Math.abs(shown);
  const isMoney = quantity === 'money' || quantity === 'money_per_mtok';
  if (size === 0) return isMoney ? 2 : 0;
  if (quantity === 'control' || quantity === 'score') return 3;
  if (quantity === 'share') return size >= 10 ? 1 : 2;
  if (quantity === 'tokens' && Number.isInteger(shown)) return 0;
  const digits = Math.floor(Math.log10(size));
  const wanted = Math.max(0, Math.min(8, 2 - digits));
  return isMoney && size >= 1 ? Math.max(2, wanted) : wanted;
}

// "12.3"; the unit stands in the column's head or after the range.
export function number(amount: number | null | undefined, scale: Scale, decimals?: number): string {
  if (amount == null || !Number.isFinite(amount)) return '–';
  const shown = amount / scale.factor;
  return fixed(shown, decimals ?? decimalsFor(scale.quantity, shown));
}

export function hasRange(r: Range): r is { value: number; low: number; high: number } {
  return r.low != null && r.high != null && (r.low !== r.value || r.high !== r.value);
}

// "12.3 (11.0–13.9)": the decimals of the value for all three.
export function rangeNumber(r: Range, scale: Scale): string {
  const shown = r.value / scale.factor;
  const decimals = decimalsFor(scale.quantity, shown);
  const value = number(r.value, scale, decimals);
  if (!hasRange(r)) return value;
  return `${value} (${number(r.low, scale, decimals)}–${number(r.high, scale, decimals)})`;
}

export function withUnit(text: string, scale: Scale): string {
  if (text === '–' || scale.unit === '') return text;
  return scale.unit === '%' ? `${text} %` : `${text} ${scale.unit}`;
}

// "12.3 (11.0–13.9) kWh".
export function amount(
  quantity: Quantity,
  value: number | null | undefined,
  low?: number | null,
  high?: number | null,
): string {
  if (value == null || !Number.isFinite(value)) return '–';
  const scale = scaleFor(quantity, [value]);
  return withUnit(rangeNumber({ value, low, high }, scale), scale);
}

// For units that come as text: three significant figures.
export function plain(n: number): string {
  return Math.abs(n) >= 1000
    ? n.toLocaleString('en-GB', { maximumFractionDigits: 0 })
    : Number(n.toPrecision(3)).toString();
}

export function count(n: number | null | undefined): string {
  return n == null ? '–' : fixed(n, 0);
}

// The ledger's integers: micro-joules, nano-grams, nano-euros.
export const joules = (uj: number): number => uj / 1e6;
export const grams = (ng: number): number => ng / 1e9;
export const euros = (neur: number): number => neur / 1e9;
