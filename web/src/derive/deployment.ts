// A deployment as it is now: its health, and where its figures come from.
import type { LiveDeployment } from '../api/types';
import { amount, count } from '../format/units';
import { span } from '../format/time';
import { href } from '../state/url';
import type { Derivation } from './derivation';

export function health(d: LiveDeployment): { text: string; tone: 'good' | 'warn' | 'bad' } {
  if (!d.available) return { text: 'down', tone: 'bad' };
  if (d.failures > 0) return { text: `${d.failures} failed in a row`, tone: 'warn' };
  return { text: 'up', tone: 'good' };
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
      },
      {
        name: 'Failures in a row',
        value: count(d.failures),
        note: d.available ? undefined : 'it rests, and is tried again by itself',
      },
      { name: 'First token, mean', value: amount('duration', d.ttft_s) },
      { name: 'Per output token, mean', value: amount('duration', d.tpot_s) },
      { name: 'Grid', value: amount('intensity', d.intensity_g_per_kwh) },
      { name: 'Control', value: amount('control', d.control), note: 'docs/control-rubric.md' },
      {
        name: 'Meter',
        value: d.meter ? `${d.meter.name}, ${d.meter.up ? 'answers' : 'silent'}` : 'none',
        note: d.meter?.trouble ?? (d.meter?.lag_s != null ? `newest reading ${span(d.meter.lag_s)} old` : undefined),
      },
      {
        name: 'Price',
        value: d.price_per_hour == null ? 'by the token' : `${amount('money', d.price_per_hour)} per hour`,
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
      { name: 'Running calls', value: count(d.running) },
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
    command: `trine report -c trine.yaml --since 24h --by deployment --deployment ${d.name}`,
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
