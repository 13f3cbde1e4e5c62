// The derivations of a report row's figures. The inputs are the row's own members, so that a reader can do the sum.
import type { Row } from '../api/types';
import { amount, count, euros, grams, joules, currencyCode, type Quantity, type Range } from '../format/units';
import { option } from '../format/shell';
import { href, params, readPeriod, filterNames } from '../state/url';
import type { Derivation, DerivedInput } from './derivation';

export interface RowContext {
  what: string; // "all requests", "workload extraction"
  by?: string; // of the report that the row is from
  filter?: Record<string, string>; // what leads to the requests of this row
}

const whole = (n: number): string => n.toLocaleString('en-GB');

function command(context: RowContext): string {
  const period = readPeriod(params.value);
  const filters = filterNames.flatMap((name) => {
    const value = params.value.get(name);
    return value ? [option(name, value)] : [];
  });
  return [
    'trine report -c trine.yaml',
    option('since', period.since),
    period.until ? option('until', period.until) : '',
    context.by ? `--by ${context.by}` : '',
    ...filters,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function links(context: RowContext): { text: string; href: string }[] {
  return [{ text: `The requests behind it`, href: href('/requests', context.filter ?? {}) }];
}

function tokenInputs(row: Row): DerivedInput[] {
  return [
    {
      name: 'Input tokens',
      value: whole(row.tokens_in),
      note: `${whole(row.tokens_cached)} of them from a prefix cache`,
    },
    {
      name: 'Output tokens',
      value: whole(row.tokens_out),
      note:
        row.counted_calls > 0
          ? `${count(row.counted_calls)} calls were counted by the gateway, the others as engines reported`
          : 'as engines reported',
    },
  ];
}

export function energyOf(row: Row, context: RowContext): Derivation {
  const host = row.energy_uj - row.gpu_energy_uj;
  return {
    title: `Energy of ${context.what}`,
    value: amount('energy', joules(row.energy_uj), joules(row.energy_low_uj), joules(row.energy_high_uj)),
    letter: row.quality,
    meaning:
      'Facility energy of the calls: GPUs and hosts, times the site’s PUE. Idle machines are not in it; they stand beside it.',
    formula: ['energy = Σ over calls of the latest settlement', 'settlement = (GPU + host) × PUE'],
    inputs: [
      { name: 'GPUs', value: amount('energy', joules(row.gpu_energy_uj)) },
      { name: 'Hosts, cooling and losses', value: amount('energy', joules(host)) },
      {
        name: 'Calls',
        value: count(row.calls),
        note: row.unsettled_calls > 0 ? `${count(row.unsettled_calls)} are not settled yet` : 'all settled',
      },
    ],
    exact: `${whole(row.energy_uj)} µJ`,
    command: command(context),
    links: links(context),
    docs: ['docs/accounting.md §2'],
  };
}

export function carbonOf(row: Row, context: RowContext): Derivation {
  const kwh = joules(row.energy_uj) / 3.6e6;
  return {
    title: `Carbon of ${context.what}`,
    value: amount('carbon', grams(row.carbon_ng), grams(row.carbon_low_ng), grams(row.carbon_high_ng)),
    letter: row.quality,
    meaning: 'What the energy emitted where and when it was used, and a share of making the machines.',
    formula: [
      'carbon = operational + embodied',
      'operational = Σ energy × intensity(zone, hour)',
      'embodied = making of GPU and server × time ÷ life',
    ],
    inputs: [
      {
        name: 'Operational',
        value: amount('carbon', grams(row.operational_ng)),
        note: kwh > 0 ? `on average ${amount('intensity', grams(row.operational_ng) / kwh)}` : undefined,
      },
      { name: 'Embodied', value: amount('carbon', grams(row.embodied_ng)) },
      { name: 'Energy', value: amount('energy', joules(row.energy_uj)), open: () => energyOf(row, context) },
    ],
    exact: `${whole(row.carbon_ng)} ng`,
    command: command(context),
    links: [{ text: 'Grid intensity by region', href: href('/grid') }, ...links(context)],
    docs: ['docs/accounting.md §2, §3'],
  };
}

export function costOf(row: Row, context: RowContext): Derivation {
  return {
    title: `Cost of ${context.what}`,
    value: amount('money', euros(row.cost_neur)),
    letter: row.quality,
    meaning:
      'Prices are known, so a cost has no range. Own machines by the hour, shared among the calls that ran on them; vendors by their price per token. Hours in which a machine waited stand beside it as idle.',
    formula: [
      'cost = Σ over calls of',
      '  share of the machine’s window × price of the window',
      '  or tokens × price list',
    ],
    inputs: [{ name: 'Calls', value: count(row.calls) }, ...tokenInputs(row)],
    exact: `${whole(row.cost_neur)} × 1e-9 ${currencyCode()}`,
    command: command(context),
    links: links(context),
    docs: ['docs/accounting.md §2.8'],
  };
}

// A ratio has the range of its upper part: tokens are counted.
export function perToken(row: Row, part: 'energy' | 'carbon'): Range | null {
  const tokens = row.tokens_in + row.tokens_out;
  if (tokens === 0) return null;
  return part === 'energy'
    ? {
        value: row.joules_per_token ?? 0,
        low: joules(row.energy_low_uj) / tokens,
        high: joules(row.energy_high_uj) / tokens,
      }
    : {
        value: row.grams_per_mtok ?? 0,
        low: (grams(row.carbon_low_ng) / tokens) * 1e6,
        high: (grams(row.carbon_high_ng) / tokens) * 1e6,
      };
}

type Part = 'energy' | 'carbon' | 'cost';
const parts: Record<Part, (row: Row, context: RowContext) => Derivation> = {
  energy: energyOf,
  carbon: carbonOf,
  cost: costOf,
};
const partName: Record<Part, string> = { energy: 'Energy', carbon: 'Carbon', cost: 'Cost' };

function ratio(
  part: Part,
  row: Row,
  context: RowContext,
  more: Pick<Derivation, 'title' | 'value' | 'meaning' | 'formula'>,
  below: DerivedInput[],
): Derivation {
  const upper = parts[part](row, context);
  return {
    ...more,
    letter: row.quality,
    inputs: [{ name: partName[part], value: upper.value, open: () => upper }, ...below],
    command: command(context),
    links: links(context),
    docs: ['docs/accounting.md, Denominators'],
  };
}

const ranged = (quantity: Quantity, r: Range | null): string => amount(quantity, r?.value, r?.low, r?.high);

const alike = 'Input and output tokens count alike, as billed, so the mix of a workload matters when two are compared.';

export function joulesPerTokenOf(row: Row, context: RowContext): Derivation {
  return ratio(
    'energy',
    row,
    context,
    {
      title: `Joules per token of ${context.what}`,
      value: ranged('joules_per_token', perToken(row, 'energy')),
      meaning: `Facility energy divided by tokens, the same as watts per (tokens per second). ${alike}`,
      formula: ['J/token = energy ÷ (input + output tokens)'],
    },
    tokenInputs(row),
  );
}

export function costPerMtokOf(row: Row, context: RowContext): Derivation {
  return ratio(
    'cost',
    row,
    context,
    {
      title: `Cost per million tokens of ${context.what}`,
      value: amount('money_per_mtok', row.cost_per_mtok),
      meaning: `Cost divided by tokens, times a million. ${alike}`,
      formula: [`${currencyCode()}/Mtok = cost ÷ (input + output tokens) × 1,000,000`],
    },
    tokenInputs(row),
  );
}

export function gramsPerMtokOf(row: Row, context: RowContext): Derivation {
  return ratio(
    'carbon',
    row,
    context,
    {
      title: `Carbon per million tokens of ${context.what}`,
      value: ranged('grams_per_mtok', perToken(row, 'carbon')),
      meaning: `Grams of CO2e divided by tokens, times a million. ${alike}`,
      formula: ['g/Mtok = carbon ÷ (input + output tokens) × 1,000,000'],
    },
    tokenInputs(row),
  );
}

// Per request likewise; prices are known, so a cost has no range.
export function perRequest(row: Row, part: Part): Range | null {
  if (row.requests === 0) return null;
  const share = (low: number, high: number) => ({ low: low / row.requests, high: high / row.requests });
  switch (part) {
    case 'energy':
      return { value: row.joules_per_request ?? 0, ...share(joules(row.energy_low_uj), joules(row.energy_high_uj)) };
    case 'carbon':
      return { value: row.grams_per_request ?? 0, ...share(grams(row.carbon_low_ng), grams(row.carbon_high_ng)) };
    case 'cost':
      return row.cost_per_request == null ? null : { value: row.cost_per_request };
  }
}

export function perRequestOf(part: Part, row: Row, context: RowContext): Derivation {
  const range = perRequest(row, part);
  const value = {
    energy: ranged('joules_per_request', range),
    carbon: ranged('carbon', range),
    cost: ranged('money', range),
  }[part];
  return ratio(
    part,
    row,
    context,
    {
      title: `${partName[part]} per document of ${context.what}`,
      value,
      meaning: 'The mean of a request; in a workload of documents a request is a document.',
      formula: [`per document = ${partName[part].toLowerCase()} ÷ requests`],
    },
    [
      {
        name: 'Requests',
        value: count(row.requests),
        note: `${count(row.outcomes.ok)} ok, ${count(row.outcomes.failed)} failed, ${count(row.outcomes.refused)} refused`,
        open: () => requestsOf(row, context),
      },
    ],
  );
}

export function requestsOf(row: Row, context: RowContext): Derivation {
  return {
    title: `Requests of ${context.what}`,
    value: count(row.requests),
    meaning: 'Those that began in this time, however they ended. A request makes no call, one, or several.',
    inputs: [
      ...Object.entries(row.outcomes).map(([name, n]) => ({ name, value: count(n) })),
      { name: 'Calls', value: count(row.calls), note: 'to engines and vendors; a request tries again elsewhere' },
    ],
    command: command(context),
    links: links(context),
    docs: ['docs/accounting.md, Denominators'],
  };
}

export function tokensOf(row: Row, context: RowContext): Derivation {
  return {
    title: `Tokens of ${context.what}`,
    value: amount('tokens', row.tokens_in + row.tokens_out),
    meaning: 'Input and output tokens of all calls, also of those that failed half way.',
    formula: ['tokens = input + output'],
    inputs: tokenInputs(row),
    exact: `${whole(row.tokens_in + row.tokens_out)} tokens`,
    command: command(context),
    links: links(context),
    docs: ['docs/accounting.md, Denominators'],
  };
}

// What stood in the time before, as long as this one.
export function changeOf(part: Part | 'per token', row: Row, before: Row, context: RowContext): Derivation {
  const of = (r: Row): Derivation => (part === 'per token' ? joulesPerTokenOf(r, context) : parts[part](r, context));
  const now = of(row);
  return {
    title: `${now.title}, against the time before`,
    value: now.value,
    meaning: 'This time against one as long that ended when this one began.',
    formula: ['change = now ÷ before − 1'],
    inputs: [
      { name: 'Now', value: now.value, note: `${count(row.requests)} requests`, open: () => now },
      { name: 'Before', value: of(before).value, note: `${count(before.requests)} requests` },
    ],
    docs: ['docs/web-api.md, Figures'],
  };
}

export function idleOf(part: Part, row: Row, context: RowContext): Derivation {
  const share = row.unattributed;
  const value = {
    energy: amount('energy', joules(share.energy_uj)),
    carbon: amount('carbon', grams(share.carbon_ng)),
    cost: amount('money', euros(share.cost_neur)),
  }[part];
  const total = {
    energy: amount('energy', joules(row.energy_uj + share.energy_uj)),
    carbon: amount('carbon', grams(row.carbon_ng + share.carbon_ng)),
    cost: amount('money', euros(row.cost_neur + share.cost_neur)),
  }[part];
  return {
    title: `Idle ${part} of ${context.what}`,
    value,
    meaning:
      'What metered machines took in windows without a request. It belongs to nobody, and is not in the figures of requests.',
    formula: ['idle = Σ windows without work', 'fully loaded = direct + idle'],
    inputs: [
      { name: 'Direct', value: parts[part](row, context).value, open: () => parts[part](row, context) },
      { name: 'Fully loaded', value: total },
    ],
    command: command(context),
    links: [{ text: 'Which machines wait', href: href('/fleet') }],
    docs: ['docs/accounting.md §2.5'],
  };
}
