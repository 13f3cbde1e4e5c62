// The boards and rules that the program generates, before a real Prometheus that scrapes a gateway with traffic: each
// panel's query is understood and returns data.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePorts, onGpu, root, Stack, trine, until } from './harness.mjs';

const found = (program) => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const skip = found('prometheus') && found('promtool') ? false : 'skipped: prometheus and promtool are not installed (Debian: prometheus)';

const stack = new Stack();
const folder = join(stack.folder, 'boards');
const boards = new Map();
let prometheus;
after(() => stack.end());

const ask = (more = {}) => ({ model: 'demo', max_tokens: 12, messages: [{ role: 'user', content: 'What is a kilowatt hour, in one line?' }], ...more });

async function query(promql) {
  const response = await fetch(`${prometheus}/api/v1/query?${new URLSearchParams({ query: promql })}`);
  const answer = await response.json();
  assert.equal(answer.status, 'success', `${promql}: ${answer.error}`);
  return answer.data.result;
}

// Steady traffic of all kinds: whole and streamed answers, workloads, and requests that nobody serves.
async function traffic() {
  const post = async (body, headers) => (await stack.post('/v1/chat/completions', body, { headers })).text();
  await Promise.all([
    post(ask()), post(ask({ stream: true })), post(ask({ stream: true }), { 'x-trine-workload': 'search' }),
    post(ask(), { 'x-trine-workload': 'night' }), post(ask(), { 'x-trine-workload': 'made-up' }), post(ask({ model: 'none' })),
  ]);
}

before(async () => {
  if (skip) return;
  execFileSync(trine, ['dashboards', 'generate', '--out', folder]);
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) boards.set(file, JSON.parse(readFileSync(join(folder, file))));
  const sims = [await stack.sim('fr'), await stack.sim('de')];
  const grid = join(stack.folder, 'grid.csv');
  const hour = new Date(Date.now() - (Date.now() % 3_600_000));
  writeFileSync(grid, 'time,g_per_kwh\n' + [0, 1, 2].map((h) => `${new Date(hour.getTime() + (h - 1) * 3_600_000).toISOString().slice(0, 19)}Z,${40 + h}`).join('\n') + '\n');
  await stack.gateway(sims.map((sim, i) => onGpu(['fr', 'de'][i], sim.url, 'sim', { zone: ['FR', 'DE'][i], metrics_url: sim.metrics })), (config) => {
    config.keys[0].workload = 'search';
    config.baseline = { vendor: 'openai', model: 'gpt-4o' };
    config.routes[0].workload = 'night';
    config.budgets = [{ for: { team: 'tests' }, period: 'month', gco2e: 1000 }];
    config.grid = { cache: join(stack.folder, 'grid'), sources: [{ kind: 'file', path: grid, zones: ['FR'] }] };
    config.notifications = [{ name: 'ops', url: 'http://127.0.0.1:1/hook', about: ['ledger'] }];
  });
  const [port] = await freePorts(1);
  prometheus = `http://127.0.0.1:${port}`;
  copyFileSync(join(folder, 'trine.rules.yaml'), join(stack.folder, 'trine.rules.yaml'));
  writeFileSync(join(stack.folder, 'prometheus.yml'), JSON.stringify({
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: ['trine.rules.yaml'],
    scrape_configs: [{ job_name: 'trine', static_configs: [{ targets: [new URL(stack.admin).host] }] }],
  }));
  mkdirSync(join(stack.folder, 'tsdb'));
  const process = stack.children.start('prometheus', 'prometheus', [`--config.file=${join(stack.folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(stack.folder, 'tsdb')}`, `--web.listen-address=127.0.0.1:${port}`, '--enable-feature=exemplar-storage',
    '--log.level=warn'], { log: join(stack.folder, 'prometheus.log') });
  await stack.children.ready(process, `${prometheus}/-/ready`, 30_000);
  // A rate needs the counter twice, with traffic between.
  await until(async () => {
    await traffic();
    return (await query('count_over_time(trine_uptime_seconds[1m])'))[0]?.value[1] >= 5;
  }, 'Prometheus does not scrape the gateway', 60_000, 500);
  await until(async () => (await query('trine_device_energy_joules_total > 0')).length === 2, 'no window of the meters was closed', 60_000, 500);
});

test('the generated boards and rules pass their checks', { skip }, () => {
  assert.match(execFileSync(trine, ['dashboards', 'check', folder]).toString(), /6 boards: nothing to mend/);
  assert.match(execFileSync(trine, ['dashboards', 'check']).toString(), /nothing to mend/);
  execFileSync('promtool', ['check', 'rules', join(folder, 'trine.rules.yaml')]);
});

// Grafana's own types of a dashboard. JSON's texts are no enums to TypeScript: they are compared by their values.
const types = existsSync(join(root, 'test/e2e/node_modules/@grafana/schema')) ? false : 'skipped: npm ci in test/e2e has not been run';
test('the boards have the types that Grafana publishes', { skip: skip || types }, () => {
  const lines = [
    `import type { Dashboard } from '@grafana/schema/dist/esm/raw/dashboard/x/Dashboard_types.gen';`,
    'type Plain<T> = T extends string ? `${T}` : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;',
    ...[...boards.values()].map((board, i) => `export const board${i}: Plain<Dashboard> = ${JSON.stringify(board)};`),
    '// @ts-expect-error: or else nothing is checked here',
    'export const wrong: Plain<Dashboard> = { schemaVersion: 42, panels: [{ type: "stat", title: 3 }] };',
  ];
  const place = join(stack.folder, 'types');
  mkdirSync(place);
  symlinkSync(join(root, 'test/e2e/node_modules'), join(place, 'node_modules'));
  writeFileSync(join(place, 'boards.ts'), lines.join('\n'));
  writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ files: ['boards.ts'], compilerOptions: {
    noEmit: true, strict: true, skipLibCheck: true, module: 'esnext', moduleResolution: 'bundler', target: 'es2022', types: [] } }));
  try {
    execFileSync(join(root, 'test/e2e/node_modules/.bin/tsc'), ['-p', place], { encoding: 'utf8' });
  } catch (error) {
    assert.fail(error.stdout);
  }
});

test('they are the same each time', { skip }, () => {
  const again = join(stack.folder, 'again');
  execFileSync(trine, ['dashboards', 'generate', '--out', again]);
  for (const file of readdirSync(folder)) assert.equal(readFileSync(join(again, file), 'utf8'), readFileSync(join(folder, file), 'utf8'), file);
});

test('the rules alert when they should and keep quiet when they should', { skip }, () => {
  copyFileSync(join(root, 'test/e2e/rules.test.yaml'), join(folder, 'rules.test.yaml'));
  execFileSync('promtool', ['test', 'rules', 'rules.test.yaml'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
});

test('each panel has data', { skip }, async () => {
  // What Grafana fills in.
  const filled = (expr) => expr.replaceAll('$__rate_interval', '30s').replaceAll('[24h]', '[1m]').replace(/\$(deployment|workload|zone)/g, '.*');
  // Stages that spare the engine something, and values by other methods, which nobody here gives.
  const quiet = new Set(['Tokens that no engine had to process', 'Requests that were spared something', 'By other methods']);
  let asked = 0;
  const empty = [];
  for (const [file, board] of boards) {
    for (const panel of board.panels) {
      for (const target of panel.targets ?? []) {
        const result = await query(filled(target.expr));
        ++asked;
        if (result.length === 0 && !quiet.has(panel.title)) empty.push(`${file}, ${panel.title}: ${target.expr}`);
      }
    }
  }
  assert.deepEqual(empty, []);
  assert.ok(asked > 80, `${asked} queries`);
});

test('the rules are evaluated without an error', { skip }, async () => {
  const { data } = await (await fetch(`${prometheus}/api/v1/rules`)).json();
  const rules = data.groups.flatMap((group) => group.rules);
  assert.ok(rules.length >= 15, `${rules.length} rules`);
  assert.deepEqual(rules.filter((rule) => rule.health === 'err').map((rule) => `${rule.name}: ${rule.lastError}`), []);
});

test('energy adds up over deployments as over workloads', { skip }, async () => {
  const [[all], [parts]] = [await query('sum(trine_energy_joules_total)'), await query('sum(trine_workload_energy_joules_total)')];
  assert.ok(Number(all.value[1]) > 0);
  assert.ok(Math.abs(all.value[1] - parts.value[1]) < 1e-6 * all.value[1], `${all.value[1]} ${parts.value[1]}`);
  const workloads = (await query('count by (workload) (trine_workload_calls_total)')).map((series) => series.metric.workload).sort();
  assert.deepEqual(workloads, ['night', 'other', 'search'], 'what a client makes up has no series of its own');
});
