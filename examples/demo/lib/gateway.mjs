// The gateway's own endpoints, as the demo and the end-to-end tests read them.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { until } from './processes.mjs';

// One request as the ledger has it; null while it is not there yet.
export async function requestView(traffic, key, id) {
  const response = await fetch(`${traffic}/v1/trine/requests/${id}`, { headers: { authorization: `Bearer ${key}` } });
  const body = await response.json().catch(() => null);
  return response.ok ? body : null;
}

// The same, once its figures are final. After `ms` the provisional view is given, with final false.
export async function finalView(traffic, key, id, ms = 10_000) {
  let last = null;
  try {
    return await until(async () => {
      last = (await requestView(traffic, key, id)) ?? last;
      return last?.final ? last : null;
    }, `request ${id} has no final figures`, ms, 100);
  } catch (error) {
    if (!last) throw error;
    return last;
  }
}

// `trine report` as JSON.
export async function report(trine, config, args = [], env = {}) {
  const { stdout } = await promisify(execFile)(trine, ['report', '--since', '1h', '--json', ...args, '-c', config],
    { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout);
}
