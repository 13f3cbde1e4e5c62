import type { Amounts, Savings } from '../api/types';
import { amount, euros, grams, joules, type Quantity } from '../format/units';
import { href } from '../state/url';
import type { Derivation } from './derivation';

export type SavedPart = 'cost' | 'energy' | 'carbon';

const quantities: Record<SavedPart, Quantity> = { cost: 'money', energy: 'energy', carbon: 'carbon' };
const names: Record<SavedPart, string> = { cost: 'cost', energy: 'energy', carbon: 'carbon' };

export function savedRange(part: SavedPart, of: Partial<Amounts>): { value: number; low: number; high: number } | null {
  const pick = {
    cost: [of.cost_neur, of.cost_low_neur, of.cost_high_neur],
    energy: [of.energy_uj, of.energy_low_uj, of.energy_high_uj],
    carbon: [of.carbon_ng, of.carbon_low_ng, of.carbon_high_ng],
  }[part];
  const convert = { cost: euros, energy: joules, carbon: grams }[part];
  const [value, low, high] = pick;
  if (value == null || low == null || high == null) return null;
  return { value: convert(value), low: convert(low), high: convert(high) };
}

function text(part: SavedPart, of: Partial<Amounts> | null | undefined): string {
  const r = of && savedRange(part, of);
  return r ? amount(quantities[part], r.value, r.low, r.high) : '–';
}

export function savedOf(part: SavedPart, savings: Savings): Derivation {
  const clear = savings.distinguishable?.[part] ?? true;
  return {
    title: `Saved ${names[part]}`,
    value: text(part, savings),
    letter: savings.quality,
    meaning:
      'What the baseline would have taken for the same tokens at the same hours, less what was taken here, idle machines and the gateway included.' +
      (clear ? '' : ' The range contains 0: the difference cannot be told from none.'),
    formula: ['saving = baseline − (requests + idle + gateway)'],
    inputs: [
      {
        name: 'Baseline',
        value: text(part, savings.baseline),
        note: savings.baseline
          ? `${savings.baseline.name}, grid of ${savings.baseline.zone}, ${savings.baseline.kind}`
          : undefined,
      },
      { name: 'Taken here', value: text(part, savings.actual) },
      ...(savings.of_it_spared
        ? [
            {
              name: 'Of it spared',
              value: {
                cost: amount('money', euros(savings.of_it_spared.cost_neur)),
                energy: amount('energy', joules(savings.of_it_spared.energy_uj)),
                carbon: amount('carbon', grams(savings.of_it_spared.carbon_ng)),
              }[part],
              note: `${savings.of_it_spared.tokens.toLocaleString('en-GB')} tokens that documents and caches kept from the engines`,
            },
          ]
        : []),
      {
        name: 'Tokens',
        value: (savings.tokens ?? 0).toLocaleString('en-GB'),
        note: 'as counted by the engines that answered; another tokenizer differs by about 13 %, which is in the range',
      },
    ],
    command: 'trine report -c trine.yaml',
    links: [{ text: 'What was taken, by workload', href: href('/workloads') }],
    docs: ['docs/accounting.md §6', 'docs/baseline.md'],
  };
}
