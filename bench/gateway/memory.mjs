#!/usr/bin/env node
// Memory and start of the real program: PSS at start, bytes per open idle stream, milliseconds from spawn to the first
// 200 of /health. The upstream is in here: it sends one token of each stream and then says nothing more.
//
// usage: memory.mjs [--trine FILE] [--streams N] [--starts N] [--body BYTES] [--json FILE] [--check]
//   --trine   the program (build/release/trine)      --streams  open at most (2000; half of it is measured too)
//   --starts  how often it is started (15)           --body     size of a request (1024)
//   --check   exit status 1 if a target is missed
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Children, freePorts, pause, tail, until } from '../../examples/demo/lib/processes.mjs';

const targets = { start_mb: 20, stream_kb: 10, start_ms: 100 };
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const { values: options } = parseArgs({
  options: {
    trine: { type: 'string', default: join(process.env.TRINE_BUILD_DIR ?? join(root, 'build/release'), 'trine') },
    streams: { type: 'string', default: '2000' },
    starts: { type: 'string', default: '15' },
    body: { type: 'string', default: '1024' },
    json: { type: 'string' },
    check: { type: 'boolean', default: false },
  },
});
const streams = Number(options.streams);
const starts = Number(options.starts);
const bodyBytes = Number(options.body);

const folder = mkdtempSync(join(tmpdir(), 'trine-memory-'));
const children = new Children();
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

// One token, then silence, until the gateway leaves. `short` ends at once, for warming up.
const chunk = (delta, more = {}) => `data: ${JSON.stringify({
  id: 'c', object: 'chat.completion.chunk', created: 1, model: 'mock', choices: [{ index: 0, delta, finish_reason: null }], ...more })}\n\n`;
const upstream = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ content: 'a' }));
    if (Buffer.concat(parts).includes('"short"')) {
      response.end(chunk({}, { choices: [], usage: { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 } }) + 'data: [DONE]\n\n');
    }
  });
});
upstream.on('connection', (socket) => socket.on('error', () => {}));
upstream.requestTimeout = 0;

let configs = 0;
// The configuration of examples/peers.yaml: one worker, identification, metering and ledger on.
async function writeConfig() {
  const [traffic, admin] = await freePorts(2);
  const config = {
    listen: { traffic: `127.0.0.1:${traffic}`, admin: `127.0.0.1:${admin}` },
    workers: 1,
    ledger: { dir: join(folder, `ledger-${++configs}`) },
    timeouts: { stream_idle: '600s', total: '600s' },
    keys: [{ id: 'bench', secret: 'sk-bench', org: 'bench', team: 'bench', project: 'memory', workload: 'bench' }],
    deployments: [{
      name: 'mock', url: `http://127.0.0.1:${upstream.address().port}/v1`, engine: 'other', model: 'mock',
      catalog_model: 'gpt-oss-20b', gpu: 'A100-PCIe-80GB', zone: 'DE', pue: 1.2, price: { per_hour: 1.2 } }],
    routes: [{ model: 'mock', deployments: ['mock'] }],
  };
  const file = join(folder, `trine-${configs}.yaml`);
  writeFileSync(file, JSON.stringify(config));
  return { file, traffic, admin };
}

// Writes `bytes` on a connection of its own; settles when the answer holds `wanted`, with the socket still open.
function ask(port, bytes, wanted) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', (data) => {
      text += data;
      if (text.includes(wanted)) resolve(socket);
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`the connection ended after: ${text.slice(0, 300)}`)));
  });
}

function request(word) {
  const pad = Math.max(0, bodyBytes - 110);
  const body = JSON.stringify({ model: 'mock', stream: true, max_tokens: 100, user: word, messages: [{ role: 'user', content: 'a'.repeat(pad) }] });
  return 'POST /v1/chat/completions HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer sk-bench\r\nContent-Type: application/json\r\n' +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

async function start(config) {
  const log = join(folder, 'gateway.log');
  const from = process.hrtime.bigint();
  const child = children.start('trine serve', options.trine, ['serve', '-c', config.file], { log });
  let ended = null;
  child.exited.then((how) => (ended = how));
  for (;;) {
    try {
      const socket = await ask(config.traffic, 'GET /health HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n', 'HTTP/1.1 200 ');
      const ms = Number(process.hrtime.bigint() - from) / 1e6;
      socket.destroy();
      return { child, ms, cpu_ms: cpuTime(child) };
    } catch {
      if (ended) throw new Error(`trine serve ended (${ended.signal ?? ended.code}):\n${tail(log)}`);
      await pause(0.5);
    }
  }
}

// In milliseconds, of all its threads that still run: tells a slow start from a busy machine.
const cpuTime = (child) => readdirSync(`/proc/${child.pid}/task`)
  .reduce((sum, task) => sum + Number(readFileSync(`/proc/${child.pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e6, 0);

// In bytes; the proportional set size, and what of it is private memory without a file behind it.
function memory(child) {
  const text = readFileSync(`/proc/${child.pid}/smaps_rollup`, 'utf8');
  const of = (name) => Number(text.match(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm'))[1]) * 1024;
  return { pss: of('Pss'), anonymous: of('Pss_Anon'), file: of('Pss_File') + of('Pss_Shmem') };
}

const openFiles = (child) => readdirSync(`/proc/${child.pid}/fd`).length;

// Waits until the program has come to rest.
async function settled(child) {
  let before = memory(child);
  return until(async () => {
    await pause(400);
    const now = memory(child);
    const still = Math.abs(now.pss - before.pss) < 32 * 1024;
    before = now;
    return still && now;
  }, 'the memory does not come to rest', 20_000, 0);
}

async function measureStarts() {
  const fresh = [];
  const again = [];
  const cpu = [];
  for (let i = 0; i < starts; ++i) {
    const config = await writeConfig();
    for (const list of [fresh, again]) {  // an empty ledger, then the same one
      const { child, ms, cpu_ms } = await start(config);
      list.push(ms);
      if (list === fresh) cpu.push(cpu_ms);
      await children.stop(child);
    }
  }
  return { fresh_ms: median(fresh), again_ms: median(again), cpu_ms: median(cpu), fresh, again };
}

async function openStreams(port, count) {
  const open = [];
  const bytes = request('silent');
  while (open.length < count) {
    const some = Array.from({ length: Math.min(100, count - open.length) }, () => ask(port, bytes, '"content":"a"'));
    open.push(...await Promise.all(some));
  }
  return open;
}

async function measureMemory() {
  const config = await writeConfig();
  const { child } = await start(config);
  const steps = [{ what: 'at start', streams: 0, ...await settled(child) }];
  for (let i = 0; i < 20; ++i) (await ask(config.traffic, request('short'), '[DONE]')).destroy();
  const filesBefore = openFiles(child);
  steps.push({ what: 'after 20 requests', streams: 0, ...await settled(child) });
  // The second round shows whether what was freed is used again.
  for (const round of ['', ', again']) {
    const half = await openStreams(config.traffic, Math.floor(streams / 2));
    steps.push({ what: `idle streams${round}`, streams: half.length, ...await settled(child) });
    const rest = await openStreams(config.traffic, streams - half.length);
    steps.push({ what: `idle streams${round}`, streams, ...await settled(child) });
    for (const socket of [...half, ...rest]) socket.destroy();
    await until(() => openFiles(child) <= filesBefore + 10, 'the gateway does not see that the clients left', 20_000);
    steps.push({ what: `closed${round}`, streams: 0, ...await settled(child) });
  }
  await children.stop(child);
  return steps;
}

function print(result) {
  const mb = (bytes) => (bytes / 1e6).toFixed(1).padStart(8);
  console.log(`${result.machine}, load average ${result.load.join(' ')}\n`);
  console.log('                     streams   PSS MB  private   files');
  for (const s of result.steps) console.log(`${s.what.padEnd(20)} ${String(s.streams).padStart(7)} ${mb(s.pss)} ${mb(s.anonymous)}${mb(s.file)}`);
  console.log();
  for (const t of result.targets) {
    console.log(`${t.what.padEnd(42)} ${t.value.toFixed(1).padStart(7)} ${t.unit.padEnd(3)} ${t.met ? '<=' : ' >'} ${t.target} ${t.unit}  ${t.met ? 'met' : 'MISSED'}`);
  }
  console.log(`start to ready: ${result.start.cpu_ms.toFixed(1)} ms of CPU time; with a ledger that exists ${result.start.again_ms.toFixed(1)} ms; bytes of a request: ${bodyBytes}`);
}

async function main() {
  await new Promise((done) => upstream.listen(0, '127.0.0.1', done));
  const load = loadavg().map((l) => Number(l.toFixed(2)));
  const start = await measureStarts();
  const steps = await measureMemory();
  const full = steps[3];
  const perStream = (full.pss - steps[1].pss) / full.streams;
  const row = (what, value, unit, target) => ({ what, value, unit, target, met: value <= target });
  const result = {
    machine: `${cpus().length} x ${cpus()[0]?.model.trim()}`,
    load, start, steps, body_bytes: bodyBytes, bytes_per_stream: perStream,
    targets: [
      row('PSS at start', steps[0].pss / 1e6, 'MB', targets.start_mb),
      row('PSS per open idle stream', perStream / 1e3, 'KB', targets.stream_kb),
      row(`start to ready, median of ${starts}`, start.fresh_ms, 'ms', targets.start_ms),
    ],
  };
  print(result);
  if (options.json) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  if (options.check && result.targets.some((t) => !t.met)) process.exitCode = 1;
}

try {
  await main();
} finally {
  await children.stopAll();
  upstream.closeAllConnections();
  upstream.close();
  rmSync(folder, { recursive: true, force: true });
}
