import type { Live } from '../api/types';
import { amount, type Quantity } from '../format/units';
import { dateTime } from '../format/time';
import { href } from '../state/url';
import type { Derivation } from './derivation';

const meanings: Record<string, string> = {
  Power:
    'Watts of all own machines now: from the meters’ newest windows, or from what ended calls were settled at where there is no meter.',
  'Energy per token': 'Watts divided by tokens per second, input and output together, of the last ten seconds.',
  Requests: 'Requests that ended in the last ten seconds, divided by ten.',
  'Tokens out': 'Output tokens of calls that ended in the last ten seconds, divided by ten.',
  Running: 'Calls that run on deployments at this moment.',
  Waiting: 'Requests that wait for a place, since all that could serve them is busy.',
};

// A figure of this second: its parts are the deployments.
export function liveOf(name: string, quantity: Quantity, value: number | null, now: Live): Derivation {
  const read: Record<string, (d: Live['deployments'][number]) => number | null> = {
    Power: (d) => d.power_w,
    'Energy per token': (d) => d.joules_per_token,
    Requests: (d) => d.requests_per_s,
    'Tokens out': (d) => d.tokens_out_per_s,
    Running: (d) => d.running,
  };
  const part = read[name];
  return {
    title: `${name} now`,
    value: amount(quantity, value),
    meaning: meanings[name] ?? '',
    inputs: part
      ? now.deployments.map((d) => ({
          name: d.name,
          value: amount(quantity, part(d)),
          note:
            name === 'Power' && d.power_from
              ? d.power_from === 'meter'
                ? 'from its meter'
                : 'from settled calls'
              : undefined,
        }))
      : [],
    exact: `as of ${dateTime(now.at)}`,
    links: [{ text: 'The fleet', href: href('/fleet') }],
    docs: ['docs/web-api.md, Now', 'docs/metrics.md'],
  };
}
