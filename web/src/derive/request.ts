// The derivations of one call: docs/accounting.md §2 with its numbers put in.
import type {
  Call,
  ExplainedCall,
  Factors,
  MeterWindow,
  RequestBody,
  RequestFacts,
  Settlement,
  SparedStep,
} from '../api/types';
import { amount, currencyCode, euros, grams, joules, plain } from '../format/units';
import { dateTime } from '../format/time';
import { quoted } from '../format/shell';
import { href } from '../state/url';
import { counted, type Derivation, type DerivedInput } from './derivation';
import { stepName } from './steps';

export const latest = (call: Call): Settlement | undefined => call.settlements[call.settlements.length - 1];

export const secondsBetween = (from: string, to: string | null | undefined): number | null =>
  to ? (Date.parse(to) - Date.parse(from)) / 1000 : null;

const percent = (share: number): string => `${(share * 100).toPrecision(3)} %`;

export function windowOf(w: MeterWindow): Derivation {
  const share = w.all_weight_j > 0 ? w.weight_j / w.all_weight_j : 0;
  return {
    title: 'Share of one meter window',
    value: amount('energy', joules(w.ours.energy_uj)),
    letter: w.quality,
    meaning:
      'What the device took in this window is shared among the calls that had work in it, by their weights. A weight is what the call’s tokens would take by the model’s curve.',
    formula: ['ours = device × weight ÷ all weights'],
    inputs: [
      { name: 'Window', value: `${dateTime(w.begin)} to ${dateTime(w.end)}`, note: w.device },
      {
        name: 'Device, facility',
        value: amount('energy', joules(w.total.energy_uj)),
        note: `${amount('energy', joules(w.total.gpu_energy_uj))} of it GPUs`,
      },
      {
        name: 'Weight',
        value: amount('energy', w.weight_j),
        note: `of ${amount('energy', w.all_weight_j)}: ${percent(share)}`,
      },
      { name: 'Calls in it', value: String(w.calls), note: `${w.batch.toPrecision(3)} running on average` },
      { name: 'Intensity', value: amount('intensity', w.intensity_g_per_kwh) },
      { name: 'Carbon', value: amount('carbon', grams(w.ours.operational_ng + w.ours.embodied_ng)) },
      { name: 'Cost', value: amount('money', euros(w.ours.cost_neur)) },
    ],
    exact: `${w.ours.energy_uj.toLocaleString('en-GB')} µJ`,
    docs: ['docs/accounting.md §2.3, §2.4'],
  };
}

export function settledOf(call: Call, s: Settlement, explained: ExplainedCall | undefined): Derivation {
  const windows = explained?.windows ?? [];
  const metered = s.basis !== 'provisional';
  return {
    title: `Settlement ${s.version} of call ${call.attempt + 1}`,
    value: `${amount('energy', s.energy_j, s.energy_low_j, s.energy_high_j)}, ${amount('carbon', s.carbon_g)}, ${amount('money', s.cost)}`,
    letter: s.quality,
    meaning: metered
      ? 'From the windows of the deployment’s meter in which the call had work; the latest settlement of a call counts.'
      : 'Estimated at the end of the call, from the model’s curve on its hardware or the vendor’s formula, so that the answer can carry figures at once.',
    formula: metered
      ? [
          'energy = Σ windows: device × weight ÷ all weights',
          'carbon = Σ energy × intensity + embodied share',
          'cost = Σ window’s price × the same share',
        ]
      : [
          'energy = (tokens × joules per token + host) × PUE',
          'carbon = energy × intensity + embodied share',
          'cost = share of the hour, or tokens × price',
        ],
    inputs: [
      {
        name: 'Tokens',
        value: `${call.tokens_in.toLocaleString('en-GB')} in, ${call.tokens_out.toLocaleString('en-GB')} out`,
        note: `${call.tokens_cached.toLocaleString('en-GB')} from a prefix cache`,
      },
      { name: 'GPUs', value: amount('energy', s.gpu_energy_j) },
      { name: 'Hosts, cooling and losses', value: amount('energy', s.energy_j - s.gpu_energy_j) },
      { name: 'Operational carbon', value: amount('carbon', s.operational_g) },
      { name: 'Embodied carbon', value: amount('carbon', s.embodied_g) },
      ...(metered
        ? windows.map((w): DerivedInput => ({
            name: `Window of ${dateTime(w.begin)}`,
            value: amount('energy', joules(w.ours.energy_uj)),
            open: () => windowOf(w),
          }))
        : factorLines(explained?.factors ?? null)),
    ],
    exact: `${s.energy_uj.toLocaleString('en-GB')} µJ`,
    links: [
      { text: `Deployment ${call.deployment}`, href: href('/fleet', { deployment: call.deployment }) },
      { text: `Grid of ${call.zone}`, href: href('/grid', { zone: call.zone }) },
    ],
    docs: ['docs/accounting.md §1, §2'],
  };
}

// The request's own figures: the sum over its calls.
export function totalOf(r: RequestFacts, explanation: RequestBody['explanation']): Derivation {
  const settled = r.calls.flatMap((call) => {
    const s = latest(call);
    return s ? [{ call, s, explained: explanation?.calls.find((e) => e.attempt === call.attempt) }] : [];
  });
  if (settled.length === 1) return settledOf(settled[0]!.call, settled[0]!.s, settled[0]!.explained);
  const sum = (read: (s: Settlement) => number): number => settled.reduce((n, { s }) => n + read(s), 0);
  return {
    title: 'Figures of one request',
    value: `${amount(
      'energy',
      sum((s) => s.energy_j),
    )}, ${amount(
      'carbon',
      sum((s) => s.carbon_g),
    )}, ${amount(
      'money',
      sum((s) => s.cost),
    )}`,
    meaning: 'The sum of the latest settlements of its calls, also of those that failed: what they took was taken.',
    formula: ['request = Σ calls: the latest settlement'],
    inputs: settled.map(({ call, s, explained }) => ({
      name: `Call ${call.attempt + 1}, ${call.deployment}`,
      value: amount('energy', s.energy_j, s.energy_low_j, s.energy_high_j),
      note: call.outcome,
      open: () => settledOf(call, s, explained),
    })),
    command: `trine explain -c trine.yaml ${quoted(r.id)}`,
    docs: ['docs/accounting.md §2'],
  };
}

export function sparedStepOf(a: SparedStep): Derivation {
  return {
    title: `Spared: ${stepName(a.step)}`,
    value: amount('energy', joules(a.energy_uj), joules(a.energy_low_uj), joules(a.energy_high_uj)),
    letter: a.quality,
    meaning: a.step.startsWith('cache.')
      ? 'What the first answer took, which was given again. A part of the saving, never added to it.'
      : 'What these tokens would have taken at the deployment that served the rest. A part of the saving, never added to it.',
    formula: a.step.startsWith('cache.')
      ? ['spared = figures of the first answer']
      : ['spared = with the tokens − without'],
    inputs: [
      { name: 'Prompt tokens', value: a.tokens_in.toLocaleString('en-GB') },
      { name: 'Output tokens', value: a.tokens_out.toLocaleString('en-GB') },
      { name: 'Carbon', value: amount('carbon', grams(a.carbon_ng), grams(a.carbon_low_ng), grams(a.carbon_high_ng)) },
      { name: 'Cost', value: amount('money', euros(a.cost_neur)) },
    ],
    exact: `${a.energy_uj.toLocaleString('en-GB')} µJ`,
    docs: ['docs/accounting.md §6', a.step.startsWith('cache.') ? 'docs/caching.md' : 'docs/documents.md'],
  };
}

function linesOf(f: Factors | null): DerivedInput[] {
  if (!f) return [];
  const lines: DerivedInput[] = [];
  if (f.intensity)
    lines.push({
      name: 'Intensity',
      value: amount('intensity', f.intensity.g_per_kwh),
      note: `${f.intensity.method}, ${f.intensity.granularity}, from ${f.intensity.source}; σ ${f.intensity.sigma_ln}`,
    });
  if (f.weights) {
    lines.push({
      name: 'Per prompt token',
      value: amount('energy', f.weights.j_per_prompt_token),
      note: `${amount('energy', f.weights.j_per_cached_token)} from a cache`,
    });
    lines.push({
      name: 'Per output token',
      value: `${f.weights.a.toPrecision(3)} + ${f.weights.b.toPrecision(3)} ÷ batch J`,
      note: f.weights.measured ? 'a measured curve' : 'derived from another GPU or the model’s size',
    });
  }
  if (f.pue != null) lines.push({ name: 'PUE', value: String(f.pue) });
  if (f.host_w_per_gpu != null)
    lines.push({
      name: 'Host',
      value: `${amount('power', f.host_w_per_gpu)} per GPU`,
      note: f.gpus != null ? `${f.gpus} GPU${f.gpus === 1 ? '' : 's'}` : undefined,
    });
  if (f.embodied)
    lines.push({
      name: 'Embodied',
      value: `${plain(f.embodied.gpu_kg)} kg a GPU, ${plain(f.embodied.server_kg)} kg a server`,
      note: `over ${f.embodied.life_years} years`,
    });
  if (f.price_per_hour != null) lines.push({ name: 'Price', value: `${amount('money', f.price_per_hour)} per hour` });
  if (f.electricity_per_kwh)
    lines.push({ name: 'Electricity', value: `${amount('money', f.electricity_per_kwh)} per kWh` });
  if (f.vendor)
    for (const [name, value] of Object.entries(f.vendor))
      if (value != null)
        lines.push({
          name: `Vendor’s ${name.replaceAll('_', ' ')}`,
          value: `${value}${name.includes('per_mtok') ? ` ${currencyCode()}` : ''}`,
        });
  return lines;
}

const factorMeaning: Record<string, [meaning: string, docs: string]> = {
  Intensity: ['What a kWh emitted in the zone when the call ran.', 'docs/accounting.md §3'],
  'Per prompt token': [
    'The weight of a prompt token: by it windows are shared among calls.',
    'docs/accounting.md §2.3',
  ],
  'Per output token': ['The weight of an output token, less in a larger batch.', 'docs/accounting.md §2.3'],
  PUE: [
    'Facility watts over those of the machines: cooling and losses. From the configuration.',
    'docs/accounting.md §2',
  ],
  Host: ['What the server takes beside its GPUs, shared by them.', 'docs/accounting.md §2'],
  Embodied: ['Making the hardware, spread over its life; a call bears its time’s share.', 'docs/accounting.md §2'],
  Price: ['Of the machine by the hour, from the configuration.', 'docs/accounting.md §2.8'],
  Electricity: ['Its price, from the configuration.', 'docs/accounting.md §2.8'],
};

// Each with a derivation of its own: what it is, and where it is defined.
export function factorLines(f: Factors | null): DerivedInput[] {
  return linesOf(f).map((line) => {
    const [meaning, docs] = factorMeaning[line.name] ?? ['From the vendor’s price list.', 'docs/accounting.md §2.8'];
    return {
      ...line,
      open: () =>
        counted(line.name, line.value, meaning, {
          ...(line.note ? { inputs: [{ name: 'From', value: line.note }] } : {}),
          docs: [docs, 'docs/config.md'],
        }),
    };
  });
}

// The record's reason: the router's, then "guard: " and what the guard found, a line each.
export function splitReason(reason: string): { guard: string[] | null; route: string } {
  const mark = 'guard: ';
  const at = reason.startsWith(mark) ? 0 : reason.indexOf(`; ${mark}`) + 2;
  if (at < 2 && !reason.startsWith(mark)) return { guard: null, route: reason };
  const lines = reason
    .slice(at + mark.length)
    .split('\n')
    .map((l) => l.replace(/^- /, '').trim())
    .filter((l) => l !== '');
  return { guard: lines, route: reason.slice(0, Math.max(0, at - 2)) };
}

// "cache.exact: the answer of fr to req_…, 12 s old": an answer that was known already.
export function cacheHit(reason: string): { step: string; deployment: string; request: string; age: number } | null {
  const found = /^(cache\.\w+): the answer of (\S+) to (req_\w+), (\d+) s old/.exec(reason);
  return found ? { step: found[1]!, deployment: found[2]!, request: found[3]!, age: Number(found[4]) } : null;
}
