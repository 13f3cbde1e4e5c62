#!/usr/bin/env node
// ./dev run: two simulated regions, the gateway, the sample documents, and what each answer cost.
//   --once        end after the table
//   --quiet       send nothing after the table
//   --json FILE   write rows, totals, the engines' own counters and the report
//   --config FILE another configuration than examples/demo/trine.yaml
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import OpenAI from 'openai';
import { findOwn } from './lib/engines.mjs';
import { finalView, report } from './lib/gateway.mjs';
import { Children, freePorts, pause, portIsFree, tail } from './lib/processes.mjs';
import { engineCounters } from './lib/prometheus.mjs';
import { Progress, steps, table } from './lib/render.mjs';
import { addUp, rowOf } from './lib/rows.mjs';
import { keepSending } from './lib/traffic.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');
const trine = process.env.TRINE_BIN ?? join(root, 'build/release/trine');
const reader = join(dirname(trine), 'trine-docworker');
const parallel = 4;

const SYSTEM = 'You extract data from business documents. Answer with one JSON object: one member per field that the ' +
  'document names (kind of document, number, dates, parties, amounts, currency), values as written. Nothing else.';

const { values: options } = parseArgs({
  options: { once: { type: 'boolean' }, quiet: { type: 'boolean' }, json: { type: 'string' }, config: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});
if (options.help) {
  console.log('usage: ./dev run [--once] [--quiet] [--json FILE] [--config FILE]');
  process.exit(0);
}

const children = new Children();
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, async () => {
    if (stopping) process.exit(1);  // a second Ctrl-C does not wait
    stopping = true;
    console.log('\nStopping.');
    await children.stopAll();
    process.exit(signal === 'SIGINT' && !options.once ? 0 : 130);
  });
}

// A folder of its own for each run; the five newest stay.
function runFolder() {
  const parent = join(root, 'var/demo');
  mkdirSync(parent, { recursive: true });
  for (const old of readdirSync(parent).sort().slice(0, -4)) rmSync(join(parent, old), { recursive: true, force: true });
  const folder = join(parent, `${new Date().toISOString().replace(/[:.]/g, '-')}-${process.pid}`);
  mkdirSync(folder);
  return folder;
}

// The page that makes the first administrator, with the token of the gateway's log filled in. Behind the #, it is sent to nobody.
function setupLink(admin, log) {
  const token = /first-run token (\S+)/.exec(readFileSync(log, 'utf8'))?.[1];
  return token ? `${admin}/setup#token=${token}` : admin;
}

// 8080 and 8081 where they are free, else any two.
async function gatewayPorts() {
  const [traffic, admin] = await Promise.all([portIsFree(8080), portIsFree(8081)]);
  if (traffic && admin) return [8080, 8081];
  const ports = await freePorts(2);
  console.log(`Port ${traffic ? 8081 : 8080} is taken, so the gateway listens on ${ports[0]} (traffic) and ${ports[1]} (people).`);
  return ports;
}

// What is text goes into the message as it is, what is not as a file.
function documents() {
  const folder = join(root, 'examples/documents');
  return readdirSync(folder).filter((name) => name !== 'README.md').sort().map((name) => {
    const bytes = readFileSync(join(folder, name));
    if (!/\.(pdf|docx)$/.test(name)) return { name, content: bytes.toString() };
    return { name, isFile: true, content: [{ type: 'file', file: { filename: name, file_data: `data:;base64,${bytes.toString('base64')}` } }] };
  });
}

// Sends one document; every third one is streamed. The gateway's id of the request comes from its response head.
async function extract(client, document, streamed) {
  const body = {
    model: 'extract', temperature: 0, max_tokens: 500,
    messages: [{ role: 'system', content: SYSTEM }, { role: 'user', content: document.content }],
  };
  if (!streamed) {
    const { data, response } = await client.chat.completions.create(body).withResponse();
    return { id: response.headers.get('x-trine-request-id'), answer: data.choices[0].message.content };
  }
  const { data, response } = await client.chat.completions.create({ ...body, stream: true }).withResponse();
  let answer = '';
  for await (const chunk of data) answer += chunk.choices[0]?.delta?.content ?? '';
  return { id: response.headers.get('x-trine-request-id'), answer };
}

// Runs `work` over the items, `parallel` at a time, results in the items' order.
async function inParallel(items, work) {
  const results = new Array(items.length);
  let next = 0;
  await Promise.all(Array.from({ length: parallel }, async () => {
    while (next < items.length) {
      const i = next++;
      results[i] = await work(items[i], i);
    }
  }));
  return results;
}

async function main() {
  if (!existsSync(trine)) throw new Error(`${trine} is not there: ./dev build makes it.`);
  const folder = runFolder();
  const own = await findOwn();
  for (const { sentence } of own) console.log(sentence);

  const [trafficPort, adminPort] = await gatewayPorts();
  const [frPort, dePort] = await freePorts(2);
  const traffic = `http://127.0.0.1:${trafficPort}`;
  const admin = `http://127.0.0.1:${adminPort}`;
  const engines = {
    'fr-4090': { port: frPort, gpu: 'RTX-4090' },
    'de-a100': { port: dePort, gpu: 'A100-PCIe-80GB' },
  };
  const key = `sk-demo-${randomBytes(12).toString('hex')}`;
  const env = {
    TRINE_DEMO_TRAFFIC: `127.0.0.1:${trafficPort}`,
    TRINE_DEMO_ADMIN: `127.0.0.1:${adminPort}`,
    TRINE_DEMO_LEDGER: join(folder, 'ledger'),
    TRINE_DEMO_IDENTITY: join(folder, 'identity'),
    TRINE_DEMO_KEY: key,
    TRINE_DEMO_FR_URL: `http://127.0.0.1:${frPort}/v1`,
    TRINE_DEMO_DE_URL: `http://127.0.0.1:${dePort}/v1`,
  };
  const config = join(folder, 'trine.yaml');
  writeFileSync(config, withOwn(readFileSync(resolve(options.config ?? join(here, 'trine.yaml')), 'utf8'), own));

  for (const [name, { port, gpu }] of Object.entries(engines)) {
    const child = children.start(`the simulated engine ${name}`, trine,
      ['engine-sim', '--listen', `127.0.0.1:${port}`, '--model', 'gpt-oss-20b', '--gpu', gpu, '--name', name], { log: join(folder, `${name}.log`) });
    await children.ready(child, `http://127.0.0.1:${port}/health`);
  }
  const gateway = children.start('the gateway', trine, ['serve', '-c', config], { log: join(folder, 'gateway.log'), env });
  await children.ready(gateway, `${traffic}/health`);
  gateway.exited.then(async ({ code, signal }) => {
    if (stopping) return;
    console.error(`\nThe gateway ended by itself (${signal ?? code}):\n${tail(gateway.log)}`);
    await children.stopAll();
    process.exit(1);
  });

  console.log('Two simulated regions are up: an RTX 4090 in France and an A100 in Germany. No GPU is used; every figure of theirs is marked S.');
  const pages = setupLink(admin, gateway.log);
  if (!options.once) console.log(`The pages: ${pages}\n(choose a password for the first administrator there; the figures move as documents go through)`);
  const canRead = existsSync(reader);
  if (!canRead) console.log(`${reader} is not there, so no files are sent: ./dev build makes it.`);
  const all = documents().filter((document) => canRead || !document.isFile);
  const client = new OpenAI({ baseURL: `${traffic}/v1`, apiKey: key, maxRetries: 0, timeout: 120_000 });
  const progress = new Progress('Documents', all.length);
  const sent = await inParallel(all, async (document, i) => {
    const result = await extract(client, document, i % 3 === 2);
    progress.step();
    return result;
  });
  progress.end();

  const views = await Promise.all(sent.map(({ id }) => finalView(traffic, key, id)));
  const rows = views.map((view, i) => ({ document: all[i].name, ...rowOf(view), answer: sent[i].answer }));
  const totals = addUp(rows);
  const counters = {};
  for (const [name, { port }] of Object.entries(engines)) counters[name] = await engineCounters(`http://127.0.0.1:${port}/metrics`);
  const summary = await report(trine, config, ['--by', 'deployment'], env);
  const spared = (await report(trine, config, ['--by', 'step'], env)).rows.map((row) => ({ step: row.name, ...row.avoided }));

  console.log(`\n${table(rows, totals, process.stdout.isTTY ? process.stdout.columns : 0).join('\n')}\n`);
  if (spared.length > 0) console.log(`What the document stage took out before a model saw it:\n${steps(spared).join('\n')}\n`);
  if (rows.some((row) => row.quality === 'S')) console.log('Quality S: simulated engines. A to D stand for measured to estimated.');
  if (rows.some((row) => !row.final)) console.log('Some figures are still provisional: their meter window had not closed.');
  if (summary.savings?.sentence) console.log(summary.savings.sentence);

  if (options.json) {
    writeFileSync(options.json, `${JSON.stringify({ rows, totals, spared, engines: counters, report: summary }, null, 2)}\n`);
    console.log(`Rows, totals, counters and report: ${options.json}`);
  }
  if (options.once) return;
  console.log(`
The pages:  ${pages}
            The link has the first-run token in it: choose a password, and you are the administrator.${options.quiet ? '' : `
            They move: the demo goes on asking the two simulated regions, about every second (--quiet: it does not).`}
Metrics:    ${admin}/metrics
Files:      ${relative(process.cwd(), folder) || basename(folder)} (configuration, ledger, identity store, logs)
Point any OpenAI client at it:
  export OPENAI_BASE_URL=${traffic}/v1 OPENAI_API_KEY=${key}
  curl ${traffic}/v1/chat/completions -H "authorization: Bearer ${key}" -H 'content-type: application/json' \\
    -d '{"model":"extract","messages":[{"role":"user","content":"Hello"}]}'
Ctrl-C stops everything.`);
  if (!options.quiet) await keepSending(traffic, key, all.filter((document) => !document.isFile), () => stopping);
  for (;;) await pause(3_600_000);
}

// The template with the user's own engines as further deployments and candidates.
function withOwn(template, own) {
  if (own.length === 0) return template;
  return template
    .replace(/^ *# more deployments.*\n/m, () => own.map((o) => o.yaml).join(''))
    .replace(/deployments: \[fr-4090, de-a100\]/, (list) => list.replace(']', `, ${own.map((o) => o.name).join(', ')}]`));
}

try {
  await main();
  stopping = true;
  await children.stopAll();
} catch (error) {
  stopping = true;
  console.error(`\n${error.message}`);
  await children.stopAll();
  process.exit(1);
}
