// One line of the demo's table from what the ledger has about a request. Integers are summed, decimals are for reading.

const AMOUNTS = ['gpu_energy_uj', 'energy_uj', 'energy_low_uj', 'energy_high_uj', 'operational_ng', 'embodied_ng', 'carbon_ng', 'cost_neur'];
const TOKENS = ['tokens_in', 'tokens_cached', 'tokens_out'];
const WORST_LAST = 'ABCDS';

const sum = (items, field) => items.reduce((total, item) => total + item[field], 0);

// Beside each integer what a person reads.
function readable(row) {
  return { ...row, energy_j: row.energy_uj / 1e6, carbon_g: row.carbon_ng / 1e9, cost: row.cost_neur / 1e9 };
}

// All calls of the request (retries are calls too), each at its latest settlement.
export function rowOf(view) {
  const settled = view.calls.filter((call) => call.settlements.length > 0);
  const latest = settled.map((call) => call.settlements.reduce((a, b) => (b.version > a.version ? b : a)));
  const row = {
    request: view.id,
    deployment: view.calls.at(-1)?.deployment ?? '',
    zone: view.calls.at(-1)?.zone ?? '',
    outcome: view.outcome,
    final: view.final,
    streamed: view.streamed,
    simulated: view.calls.some((call) => call.simulated),
    calls: view.calls.length,
    quality: latest.map((s) => s.quality).sort((a, b) => WORST_LAST.indexOf(b) - WORST_LAST.indexOf(a))[0] ?? '',
    reason: view.reason ?? '',
  };
  for (const field of TOKENS) row[field] = sum(view.calls, field);
  for (const field of AMOUNTS) row[field] = sum(latest, field);
  return readable(row);
}

export function addUp(rows) {
  const totals = { requests: rows.length, simulated: rows.some((row) => row.simulated) };
  for (const field of [...TOKENS, ...AMOUNTS]) totals[field] = sum(rows, field);
  return readable(totals);
}
