// ./dev bench pages [--requests N]: the pages on a ledger of many requests (10 million if not said): a cold browser's first
// paint and figures, what each page asks the gateway, and what a viewer costs it. Needs Chromium. Some minutes: most of them go
// into making the ledger.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Browser, noBrowser } from '../../test/e2e/browser.mjs';
import { onGpu, pause, root, Stack, until } from '../../test/e2e/harness.mjs';

const asked = process.argv.indexOf('--requests');
const requests = asked < 0 ? 10_000_000 : Number(process.argv[asked + 1]);
const kAgain = 20, kViewers = 8, kWatch = 30_000;
if (noBrowser) { console.log(noBrowser); process.exit(0); }

const stack = new Stack();
const ledger = join(stack.folder, 'ledger');
const quantile = (values, q) => [...values].sort((a, b) => a - b)[Math.ceil(q * values.length) - 1]; // nearest rank
const line = (what, values, limit, unit = 'ms') => {
  const p95 = quantile(values, 0.95);
  console.log(`${what.padEnd(44)} ${quantile(values, 0.5).toFixed(1).padStart(8)} ${p95.toFixed(1).padStart(8)} ${unit}   ${p95 <= limit ? '<=' : '> '} ${limit}`);
};

// Of the gateway's process: seconds of CPU so far.
function cpu() {
  const fields = readFileSync(`/proc/${stack.gatewayProcess.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function paints(browser, path) {
  const first = [], figures = [];
  for (let i = 0; i < kAgain; ++i) {
    const context = await browser.chromium.createBrowserContext();
    const page = await context.newPage();
    await page.goto(stack.admin + path, { waitUntil: 'load' });
    await page.waitForFunction(() => document.querySelector('main') && !document.querySelector('.skeleton, .state-loading') && performance.getEntriesByType('paint').length > 0, { timeout: 30_000 });
    first.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? performance.getEntriesByName('first-paint')[0].startTime));
    figures.push(await page.evaluate(() => performance.now()));
    await context.close();
  }
  line(`first paint of ${path.split('?')[0]}`, first, 1000);
  line('  with its figures', figures, 1000);
}

async function query(name, url) {
  const times = [];
  for (let i = 0; i < kAgain; ++i) {
    // Another minute each time: answers are kept for a moment.
    const since = (span) => `${span / 60_000 + i}m`;
    const begin = performance.now();
    const answer = await fetch(stack.admin + url(since));
    await answer.text();
    if (!answer.ok) throw new Error(`${url(since)} says ${answer.status}`);
    times.push(performance.now() - begin);
  }
  line(name, times, 200);
}

const kDay = 86_400_000;
const queries = {
  'overview, 24 h': (s) => `/v1/ui/overview?since=${s(kDay)}`,
  'overview, 7 days': (s) => `/v1/ui/overview?since=${s(7 * kDay)}`,
  'overview, 30 days': (s) => `/v1/ui/overview?since=${s(30 * kDay)}`,
  'chart, 1 h': (s) => `/v1/ui/series?since=${s(kDay / 24)}`,
  'chart, 24 h': (s) => `/v1/ui/series?since=${s(kDay)}`,
  'chart, 7 days': (s) => `/v1/ui/series?since=${s(7 * kDay)}`,
  'chart, 30 days': (s) => `/v1/ui/series?since=${s(30 * kDay)}`,
  'workloads, 30 days': (s) => `/v1/ui/report?by=workload&since=${s(30 * kDay)}`,
  'keys, 30 days': (s) => `/v1/ui/report?by=key&since=${s(30 * kDay)}`,
  'deployments, 30 days': (s) => `/v1/ui/report?by=deployment&since=${s(30 * kDay)}`,
  'steps, 30 days': (s) => `/v1/ui/report?by=step&since=${s(30 * kDay)}`,
  'a workload\'s overview, 30 days': (s) => `/v1/ui/overview?workload=workload+7&since=${s(30 * kDay)}`,
  'requests': (s) => `/v1/ui/requests?since=${s(30 * kDay)}`,
  'requests that failed': (s) => `/v1/ui/requests?outcome=failed&since=${s(30 * kDay)}`,
  'requests of a deployment without any': (s) => `/v1/ui/requests?deployment=none&since=${s(30 * kDay)}`,
  'grid': () => '/v1/ui/grid',
  'fleet': () => '/v1/ui/fleet',
  'score': () => '/v1/ui/score',
  'decisions': () => '/v1/ui/decisions',
  'budgets': () => '/v1/ui/budgets',
  'guard': (s) => `/v1/ui/guard?since=${s(7 * kDay)}`,
  'settings': () => '/v1/ui/settings',
};

let browser;
try {
  mkdirSync(ledger);
  console.log(`A ledger of ${requests} requests in 30 days ...`);
  execFileSync(join(root, 'build/release/report_bench'), ['--benchmark_filter=AddedUp/24$'],
    { env: { ...process.env, TRINE_BENCH_LEDGER: ledger, TRINE_BENCH_REQUESTS: String(requests) }, stdio: 'ignore' });
  const sim = await stack.sim('fr-a', { args: ['--time-scale', '20'] });
  await stack.gateway([onGpu('fr-a', sim.url, 'sim', { zone: 'FR' })], (config) => { config.baseline = { vendor: 'openai', model: 'gpt-4o' }; });
  await until(async () => (await fetch(`${stack.admin}/v1/ui/settings`)).ok, 'the pages do not answer', 60_000, 200);
  console.log(`${''.padEnd(44)} ${'median'.padStart(8)} ${'p95'.padStart(8)}        asked`);
  for (const [name, url] of Object.entries(queries)) await query(name, url);
  browser = await Browser.start(stack.admin, join(stack.folder, 'pictures'));
  for (const path of ['/?range=24h', '/?range=30d', '/workloads?range=30d', '/requests?range=30d']) await paints(browser, path);

  const used = async () => { const before = cpu(); await pause(kWatch); return (cpu() - before) * 1000 / kWatch; };
  await pause(2000);
  const alone = await used();
  const pages = [];
  for (let i = 0; i < kViewers; ++i) pages.push(await browser.open('/?range=24h'));
  await pause(2000);
  const watched = await used();
  console.log(`a viewer of the overview: ${(100 * (watched - alone) / kViewers).toFixed(2)} % of a core (of ${kViewers}; ${(100 * alone).toFixed(2)} % with none), <= 1 asked`);
} finally {
  await browser?.end();
  await stack.end();
}
