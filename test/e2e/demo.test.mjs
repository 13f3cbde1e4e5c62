// ./dev run --once --json: its sums are the report's and the engines' own, and it says what is simulated.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { root, trine } from './harness.mjs';

const folder = mkdtempSync(join(tmpdir(), 'trine-demo-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function demo(name, config) {
  const file = join(folder, `${name}.json`);
  const args = [join(root, 'examples/demo/run.mjs'), '--once', '--json', file, ...(config ? ['--config', config] : [])];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, TRINE_BIN: trine }, timeout: 120_000 });
  return { stdout, ...JSON.parse(readFileSync(file, 'utf8')) };
}

let plain;
before(async () => { plain = await demo('plain'); });

test('every document is a row with tokens, money, energy, carbon and a reason', () => {
  assert.ok(plain.rows.length >= 12);
  for (const row of plain.rows) {
    assert.equal(row.outcome, 'ok', row.document);
    assert.ok(row.tokens_in > 0 && row.tokens_out > 0 && row.energy_uj > 0 && row.carbon_ng > 0 && row.cost_neur > 0, JSON.stringify(row));
    assert.ok(row.reason.length > 0);
    assert.ok(row.simulated && row.quality === 'S', `${row.document} must say that it is simulated`);
    assert.ok(plain.stdout.includes(row.document));
  }
  assert.equal(plain.report.simulated, true);
});

test('the rows\' sums are the report\'s, to the unit', () => {
  const { total } = plain.report;
  assert.equal(total.requests, plain.rows.length);
  for (const field of ['tokens_in', 'tokens_cached', 'tokens_out', 'gpu_energy_uj', 'energy_uj', 'operational_ng', 'embodied_ng', 'cost_neur']) {
    assert.equal(plain.rows.reduce((sum, row) => sum + row[field], 0), total[field], field);
    assert.equal(plain.totals[field], total[field], `totals.${field}`);
  }
});

test('the tokens are those that the engines counted themselves', () => {
  const counted = Object.values(plain.engines);
  assert.equal(plain.totals.tokens_in, counted.reduce((sum, engine) => sum + engine.prompt_tokens, 0));
  assert.equal(plain.totals.tokens_out, counted.reduce((sum, engine) => sum + engine.generation_tokens, 0));
});

test('no request bears more than the engines\' energy counters show', () => {
  for (const [name, { energy_uj: counter }] of Object.entries(plain.engines)) {
    assert.ok(counter > 0, name);
    const row = plain.report.rows.find((r) => r.name === name);
    if (!row) continue;
    const attributed = row.gpu_energy_uj + row.unattributed.gpu_energy_uj + row.foreign.gpu_energy_uj;
    assert.ok(attributed <= counter, `${name}: ${attributed} uJ in the ledger, ${counter} uJ on the meter`);
  }
});

test('doubling the zones\' intensity doubles the operational grams of a joule, and nothing else', async () => {
  const config = join(folder, 'doubled.yaml');
  const text = readFileSync(join(root, 'examples/demo/trine.yaml'), 'utf8');
  const changed = text.replace(/g_per_kwh: (\d+)/g, (_, grams) => `g_per_kwh: ${2 * Number(grams)}`);
  assert.notEqual(changed, text);
  writeFileSync(config, changed);
  const doubled = await demo('doubled', config);
  // The batch differs from run to run and with it the joules, so the grams are compared per joule, zone by zone.
  const perJoule = (run, zone) => {
    const rows = run.rows.filter((row) => row.zone === zone);
    return rows.reduce((sum, row) => sum + row.operational_ng, 0) / rows.reduce((sum, row) => sum + row.energy_uj, 0);
  };
  let compared = 0;
  for (const zone of ['FR', 'DE']) {
    const before = perJoule(plain, zone);
    const now = perJoule(doubled, zone);
    if (Number.isNaN(before) || Number.isNaN(now)) continue;
    compared += 1;
    assert.ok(Math.abs(now / before - 2) < 1e-4, `${zone}: ${now / before}`);
  }
  assert.ok(compared > 0, 'no zone served in both runs');
});
