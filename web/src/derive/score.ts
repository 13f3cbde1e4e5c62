// docs/csoa.md §2.3 in the page, so that sliders answer at once. The axes come from the gateway and do not depend on
// the weights.
import type { Decision, Flip, ReviewFigure, Score, ScoreOption, Weights } from '../api/types';
import { amount, number, plain, scaleFor, type Quantity } from '../format/units';
import { quoted } from '../format/shell';
import { href } from '../state/url';
import { counted, type Derivation } from './derivation';

export const axes = ['cost', 'control', 'carbon'] as const;
export type Axis = (typeof axes)[number];

export interface Scored {
  option: ScoreOption;
  score: number;
  parts: Record<Axis, number>; // (best / value)^weight
}

const axisValue = (o: ScoreOption, axis: Axis): number =>
  axis === 'cost' ? o.cost_per_mtok.value : axis === 'carbon' ? o.carbon_g_per_mtok.value : o.control.value;

// Best first. A weighted product: the order of two does not depend on the others.
export function score(options: ScoreOption[], weights: Weights): Scored[] {
  const best: Record<Axis, number> = { cost: Infinity, control: 0, carbon: Infinity };
  for (const o of options) {
    best.cost = Math.min(best.cost, axisValue(o, 'cost'));
    best.carbon = Math.min(best.carbon, axisValue(o, 'carbon'));
    best.control = Math.max(best.control, axisValue(o, 'control'));
  }
  return options
    .map((option) => {
      const ratio = (axis: Axis): number =>
        axis === 'control' ? axisValue(option, axis) / best[axis] : best[axis] / axisValue(option, axis);
      const parts = {
        cost: ratio('cost') ** weights.cost,
        control: ratio('control') ** weights.control,
        carbon: ratio('carbon') ** weights.carbon,
      };
      return { option, parts, score: parts.cost * parts.control * parts.carbon };
    })
    .sort((a, b) => b.score - a.score);
}

// One weight is moved; the others keep their ratio, and all sum to 1.
export function moveWeight(weights: Weights, axis: Axis, to: number): Weights {
  const value = Math.min(1, Math.max(0, to));
  const others = axes.filter((a) => a !== axis);
  const rest = others.reduce((sum, a) => sum + weights[a], 0);
  const out = { ...weights, [axis]: value };
  for (const a of others) out[a] = rest > 0 ? ((1 - value) * weights[a]) / rest : (1 - value) / others.length;
  return out;
}

// "0.4,0.2,0.4" in the address; null for what is no set of weights.
export function readWeights(text: string | null): Weights | null {
  const parts = text?.split(',').map(Number);
  if (!parts || parts.length !== 3 || parts.some((p) => !(p >= 0 && p <= 1))) return null;
  const sum = parts[0]! + parts[1]! + parts[2]!;
  if (Math.abs(sum - 1) > 0.01) return null;
  return { cost: parts[0]! / sum, control: parts[1]! / sum, carbon: parts[2]! / sum };
}

export const writeWeights = (w: Weights): string => axes.map((a) => w[a].toFixed(3)).join(',');

const fix = (n: number): string => n.toFixed(3);

export function scoreOf(scored: Scored, all: Scored[], weights: Weights): Derivation {
  const o = scored.option;
  const better = (axis: Axis): Scored =>
    all.reduce((a, b) => {
      const x = axisValue(a.option, axis),
        y = axisValue(b.option, axis);
      return axis === 'control' ? (y > x ? b : a) : y < x ? b : a;
    });
  const line = (
    axis: Axis,
    quantity: 'money_per_mtok' | 'control' | 'grams_per_mtok',
  ): { name: string; value: string; note: string } => {
    const first = better(axis).option;
    return {
      name: `${axis[0]!.toUpperCase()}${axis.slice(1)}, weight ${weights[axis].toFixed(2)}`,
      value: `× ${fix(scored.parts[axis])}`,
      note: `${amount(quantity, axisValue(o, axis))}; the best is ${first.name} with ${amount(quantity, axisValue(first, axis))}`,
    };
  };
  return {
    title: `Score of ${o.name}`,
    value: fix(scored.score),
    meaning: 'How near this option is to the best on each axis, weighed. 1 would be the best on all three.',
    formula: [
      'score = (best cost ÷ cost)^wc',
      '      × (control ÷ best control)^wk',
      '      × (best carbon ÷ carbon)^wg',
    ],
    inputs: [line('cost', 'money_per_mtok'), line('control', 'control'), line('carbon', 'grams_per_mtok')],
    command: `trine score -c trine.yaml --weights cost=${weights.cost.toFixed(3)},control=${weights.control.toFixed(3)},carbon=${weights.carbon.toFixed(3)}`,
    docs: ['docs/csoa.md §2.3'],
  };
}

function inputLines(o: ScoreOption): { name: string; value: string; note?: string | undefined }[] {
  return Object.entries(o.inputs ?? {}).map(([name, input]) => {
    const age = typeof input.age_s === 'number' ? `${Math.round(input.age_s / 86400)} days old` : null;
    return {
      name: name[0]!.toUpperCase() + name.slice(1),
      value: String(input.what ?? '–'),
      note: [input.source, input.date, age].filter((x) => x != null && x !== '').join(', '),
    };
  });
}

export function axisOf(o: ScoreOption, axis: Axis | 'energy'): Derivation {
  const common = { inputs: inputLines(o), docs: ['docs/csoa.md §2.2'] };
  if (axis === 'control') {
    return {
      title: `Control of ${o.name}`,
      value: amount('control', o.control.value, o.control.low, o.control.high),
      letter: o.control.quality,
      meaning:
        'A product of one factor from 0.5 to 1 per fact: who operates it, where, under whose law, who has the keys, and so on.',
      inputs: (o.control.missing ?? []).map((m) => ({
        name: 'Not known',
        value: m,
        note: 'the range goes up to it at its best',
      })),
      docs: ['docs/control-rubric.md'],
    };
  }
  const utilisation =
    o.idle_share != null ? [{ name: 'Idle and host, share of joules', value: amount('share', o.idle_share) }] : [];
  const measured = o.measured_here
    ? [
        {
          name: 'Measured here',
          value: amount('joules_per_token', o.measured_here.joules_per_token),
          note: `quality ${o.measured_here.quality}, ${o.measured_here.calls} calls; it stands beside the curve and does not replace it`,
        },
      ]
    : [];
  if (axis === 'cost') {
    return {
      ...common,
      title: `Cost of ${o.name}`,
      value: amount('money_per_mtok', o.cost_per_mtok.value, o.cost_per_mtok.low, o.cost_per_mtok.high),
      letter: o.cost_per_mtok.quality,
      meaning: 'Per million tokens at the expected utilisation, idle included.',
      formula: ['own: price per hour ÷ tokens per hour', 'vendor: price list × mix of tokens'],
    };
  }
  if (axis === 'carbon') {
    return {
      title: `Carbon of ${o.name}`,
      value: amount('grams_per_mtok', o.carbon_g_per_mtok.value, o.carbon_g_per_mtok.low, o.carbon_g_per_mtok.high),
      letter: o.carbon_g_per_mtok.quality,
      meaning:
        'Per million tokens: facility energy with idle, times the zone’s intensity, and a share of making the machine.',
      formula: ['g/Mtok = J/token ÷ 3.6 × g/kWh + embodied'],
      inputs: [
        {
          name: 'Energy per token',
          value: amount('joules_per_token', o.joules_per_token.value),
          open: () => axisOf(o, 'energy'),
        },
        { name: `Intensity of ${o.zone}`, value: amount('intensity', o.g_per_kwh) },
        {
          name: 'Embodied',
          value: `${number(o.embodied_g_per_mtok, scaleFor('grams_per_mtok', [o.embodied_g_per_mtok]))} g/Mtok`,
        },
        ...inputLines(o),
      ],
      docs: ['docs/csoa.md §2.2'],
    };
  }
  return {
    ...common,
    title: `Energy per token of ${o.name}`,
    value: amount('joules_per_token', o.joules_per_token.value, o.joules_per_token.low, o.joules_per_token.high),
    letter: o.joules_per_token.quality,
    meaning: 'Facility joules with idle at the expected utilisation, divided by input and output tokens.',
    inputs: [...utilisation, ...measured, ...inputLines(o)],
  };
}

export function gridOf(o: ScoreOption): Derivation {
  return counted(
    `Intensity of ${o.zone}`,
    amount('intensity', o.g_per_kwh),
    'What a kWh emits there, at the time and for the span that were asked about.',
    {
      inputs: inputLines(o).filter((l) => l.name === 'Intensity'),
      links: [{ text: 'Last week, now and the day ahead', href: href('/grid', { zone: o.zone }) }],
      docs: ['docs/accounting.md §3', 'docs/grid.md'],
    },
  );
}

export function flipOf(f: Flip): Derivation {
  const what = f.of ? `${f.input} of ${f.of}` : f.input;
  return {
    title: `Flip point: ${what}`,
    value: f.at == null ? 'no change' : `${plain(f.at)} ${f.unit}`,
    meaning:
      f.at == null
        ? 'Between a thousandth and a thousand times what it is now, nothing changes who is first.'
        : `All else as it is, ${f.to ?? 'another option'} is first from here on.`,
    formula: ['the value at which score(first) = score(other)'],
    inputs: [
      { name: 'Now', value: `${plain(f.now)} ${f.unit}` },
      ...(f.at != null && f.now > 0 ? [{ name: 'How far', value: `× ${plain(f.at / f.now)}` }] : []),
    ],
    command: 'trine score -c trine.yaml',
    docs: ['docs/csoa.md'],
  };
}

export function swapOf(cheapest: string, cleanest: string, value: string, data: Score): Derivation {
  const lines = data.options
    .filter((o) => o.name === cheapest || o.name === cleanest)
    .map((o) => ({
      name: o.name,
      value: `${amount('money_per_mtok', o.cost_per_mtok.value)}, ${amount('grams_per_mtok', o.carbon_g_per_mtok.value)}`,
    }));
  return {
    title: 'Price of a kilogram at which two swap',
    value,
    meaning: `Who pays more than this for a kg of CO2e that is not emitted takes ${cleanest}, who pays less ${cheapest}.`,
    formula: ['price = (cost of the clean − cost of the cheap) ÷ (carbon of the cheap − carbon of the clean)'],
    inputs: lines,
    command: 'trine score -c trine.yaml',
    docs: ['docs/csoa.md'],
  };
}

export function monthOf(d: Decision, name: string, value: string): Derivation {
  return {
    title: `Expected ${name} a month`,
    value,
    meaning: `What ${d.chosen} was expected to take in a month when this was decided: the figure per million tokens, times the tokens.`,
    formula: ['month = per Mtok × tokens ÷ 1,000,000'],
    inputs: d.month ? [{ name: 'Tokens', value: amount('tokens', d.month.tokens), note: d.month.from }] : [],
    command: `trine decisions show ${quoted(d.id)} -c trine.yaml`,
    docs: ['docs/csoa.md'],
  };
}

export function reviewedOf(name: string, quantity: Quantity, f: ReviewFigure): Derivation {
  return {
    title: `${name}: expected and measured`,
    value: f.verdict,
    meaning:
      'Better or worse is said only of what lies outside the 90 % range that was expected; else it is as expected.',
    formula: ['change = measured ÷ expected − 1'],
    inputs: [
      { name: 'Expected', value: amount(quantity, f.expected, f.expected_low, f.expected_high) },
      { name: 'Measured', value: amount(quantity, f.measured, f.measured_low, f.measured_high) },
      { name: 'Change', value: `${f.change < 0 ? '−' : '+'}${Math.abs(f.change * 100).toFixed(1)} %` },
    ],
    docs: ['docs/csoa.md'],
  };
}
