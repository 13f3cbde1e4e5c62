// A deployment as it is now: its health, and where its figures come from.
import type { LiveDeployment } from '../api/types';
import { amount, count } from '../format/units';
import { span } from '../format/time';
import { option } from '../format/shell';
import { href } from '../state/url';
import { counted, type Derivation } from './derivation';

export function health(d: LiveDeployment): { text: string; tone: 'good' | 'warn' | 'bad' } {
  if (!d.available) return { text: 'down', tone: 'bad' };
  if (d.failures > 0) return { text: `${d.failures} failed in a row`, tone: 'warn' };
  return { text: 'up', tone: 'good' };
}

const itsRequests = (d: LiveDeployment) => [{ text: 'Its requests', href: href('/requests', { deployment: d.name }) }];

export function batchOf(d: LiveDeployment): Derivation {
  return counted(`Batch of ${d.name}`, count(d.running), 'Calls that run on it at this moment: they share its watts.', {
    inputs: [
      { name: 'At most', value: count(d.max_concurrency), note: 'max_concurrency; a dash: as many as come' },
      { name: 'Queue of the engine', value: count(d.engine_waiting), open: () => queueOf(d) },
      { name: 'Keys and values, share of its memory', value: amount('share', d.kv_usage), note: 'as the engine says' },
    ],
    links: itsRequests(d),
    docs: ['docs/accounting.md §2.3', 'docs/web-api.md, Now'],
  });
}

export function queueOf(d: LiveDeployment): Derivation {
  return counted(
    `Queue of ${d.name}`,
    count(d.engine_waiting),
    'Calls that the engine has and does not work on yet, as its own metrics say. Requests that wait in the gateway for a place are counted apart.',
    { inputs: [{ name: 'Batch', value: count(d.running), open: () => batchOf(d) }], docs: ['docs/web-api.md, Now'] },
  );
}

export function fleetOf(all: LiveDeployment[]): Derivation {
  return counted(
    'Deployments up',
    `${all.filter((d) => d.available).length} of ${all.length}`,
    'Those that take calls. One that fails several times in a row rests, and is tried again by itself.',
    {
      inputs: all.map((d) => ({ name: d.name, value: health(d).text, open: () => deploymentOf(d) })),
      docs: ['docs/gateway.md'],
    },
  );
}

function callsOf(d: LiveDeployment): Derivation {
  const all = d.calls.ok + d.calls.failed + d.calls.cancelled;
  return counted(`Calls of ${d.name}`, count(all), 'Ended since the gateway’s start; the ledger has those before.', {
    inputs: Object.entries(d.calls).map(([name, n]) => ({ name, value: count(n) })),
    links: itsRequests(d),
    docs: ['docs/metrics.md'],
  });
}

function meanTimeOf(d: LiveDeployment, name: string, seconds: number | null, meaning: string): Derivation {
  return counted(`${name} of ${d.name}`, amount('duration', seconds), meaning, {
    formula: ['mean = Σ seconds ÷ calls, since the gateway’s start'],
    inputs: [{ name: 'Calls', value: count(d.calls.ok), note: 'that ended well' }],
    links: itsRequests(d),
    docs: ['docs/metrics.md'],
  });
}

function priceOf(d: LiveDeployment): Derivation {
  return counted(
    `Price of ${d.name}`,
    `${amount('money', d.price_per_hour)} per hour`,
    'As the configuration says. A window’s price is shared among the calls in it; hours without work are idle.',
    { formula: ['cost of a window = price × seconds ÷ 3600'], docs: ['docs/accounting.md §2.8'] },
  );
}

export function deploymentOf(d: LiveDeployment): Derivation {
  const all = d.calls.ok + d.calls.failed + d.calls.cancelled;
  return {
    title: d.name,
    value: health(d).text,
    meaning: `${d.model} ${d.kind === 'own' ? `on ${d.gpus ?? 1} × ${d.gpu ?? 'GPU'}` : `at ${d.vendor ?? 'a vendor'}`}, in ${d.zone || 'a zone that is not known'}${d.simulated ? '; a simulated engine' : ''}.`,
    inputs: [
      { name: 'Routes', value: d.routes.join(', ') || 'none' },
      { name: 'Engine', value: d.engine ?? '–' },
      {
        name: 'Calls since the start',
        value: count(all),
        note: `${count(d.calls.ok)} ok, ${count(d.calls.failed)} failed, ${count(d.calls.cancelled)} cancelled`,
        open: () => callsOf(d),
      },
      {
        name: 'Failures in a row',
        value: count(d.failures),
        note: d.available ? undefined : 'it rests, and is tried again by itself',
        open: () => callsOf(d),
      },
      {
        name: 'First token, mean',
        value: amount('duration', d.ttft_s),
        open: () =>
          meanTimeOf(d, 'First token', d.ttft_s, 'From the call to the first token of its answer, of streamed calls.'),
      },
      {
        name: 'Per output token, mean',
        value: amount('duration', d.tpot_s),
        open: () => meanTimeOf(d, 'Time per output token', d.tpot_s, 'From the first token to the last, by token.'),
      },
      {
        name: 'Grid',
        value: amount('intensity', d.intensity_g_per_kwh),
        open: () =>
          counted(
            `Grid of ${d.zone}`,
            amount('intensity', d.intensity_g_per_kwh),
            'What a kWh there emits now; calls are booked with it.',
            {
              links: [{ text: 'Source, age and forecast', href: href('/grid', { zone: d.zone }) }],
              docs: ['docs/accounting.md §3', 'docs/grid.md'],
            },
          ),
      },
      {
        name: 'Control',
        value: amount('control', d.control),
        open: () =>
          counted(
            `Control of ${d.name}`,
            amount('control', d.control),
            'A product of one factor from 0.5 to 1 per fact that the configuration states under control.',
            {
              links: [{ text: 'Beside the others', href: href('/decisions') }],
              docs: ['docs/control-rubric.md'],
            },
          ),
      },
      {
        name: 'Meter',
        value: d.meter ? `${d.meter.name}, ${d.meter.up ? 'answers' : 'silent'}` : 'none',
        note: d.meter?.trouble ?? (d.meter?.lag_s != null ? `newest reading ${span(d.meter.lag_s)} old` : undefined),
      },
      {
        name: 'Price',
        value: d.price_per_hour == null ? 'by the token' : `${amount('money', d.price_per_hour)} per hour`,
        open: d.price_per_hour == null ? undefined : () => priceOf(d),
      },
    ],
    links: [
      { text: 'Its requests', href: href('/requests', { deployment: d.name }) },
      { text: 'Its figures', href: href('/workloads', { by: 'deployment', deployment: d.name }) },
      { text: `Grid of ${d.zone}`, href: href('/grid', { zone: d.zone }) },
    ],
    docs: ['docs/gateway.md', 'docs/meters.md'],
  };
}

export function powerOf(d: LiveDeployment): Derivation {
  return {
    title: `Power of ${d.name}`,
    value: amount('power', d.power_w),
    meaning:
      d.power_from === 'meter'
        ? 'From the newest windows of its meter, at the facility boundary.'
        : 'No meter: the energy that ended calls were settled at, divided by the time. Of calls only, without idle.',
    inputs: [
      { name: 'Idle power', value: amount('power', d.idle_w), note: 'taken with no work' },
      ...(d.power_shared_with.length > 0
        ? [{ name: 'Shared with', value: d.power_shared_with.join(', '), note: 'the same hardware: counted once' }]
        : []),
      { name: 'Running calls', value: count(d.running), open: () => batchOf(d) },
      { name: 'Tokens in', value: `${amount('rate', d.tokens_in_per_s)}` },
      { name: 'Tokens out', value: `${amount('rate', d.tokens_out_per_s)}` },
    ],
    docs: ['docs/meters.md'],
  };
}

export function idleOf(d: LiveDeployment): Derivation {
  return {
    title: `Idle of ${d.name}, last 24 hours`,
    value: `${amount('energy', d.idle_energy_j_24h)}, ${amount('money', d.idle_cost_24h)}`,
    meaning: 'What its meter’s windows without work took. It belongs to no request.',
    formula: ['idle = Σ windows without work'],
    inputs: [
      { name: 'Energy', value: amount('energy', d.idle_energy_j_24h) },
      { name: 'Carbon', value: amount('carbon', d.idle_carbon_g_24h) },
      { name: 'Cost', value: amount('money', d.idle_cost_24h) },
      { name: 'Idle power', value: amount('power', d.idle_w) },
      { name: 'An idle hour costs', value: amount('money', d.idle_cost_per_h) },
    ],
    command: `trine report -c trine.yaml --since 24h --by deployment ${option('deployment', d.name)}`,
    docs: ['docs/accounting.md §2.5'],
  };
}

export function throughputOf(
  d: LiveDeployment,
  name: string,
  value: number | null,
  unit: 'rate' | 'share' | 'joules_per_token',
  meaning: string,
): Derivation {
  return {
    title: `${name} of ${d.name}`,
    value: amount(unit, value),
    meaning,
    links: [{ text: 'Its requests', href: href('/requests', { deployment: d.name }) }],
    docs: ['docs/web-api.md, Now'],
  };
}
