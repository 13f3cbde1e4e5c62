// `trine load` against the gateway, a frozen engine, TLS, an upstream that keeps what it is sent, and a real engine.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { chunk, key, kill, onGpu, pause, realEngine, report, Stack, trine, usageChunk } from './harness.mjs';

const stacks = [];
const newStack = () => stacks[stacks.push(new Stack()) - 1];
after(() => Promise.all(stacks.map((stack) => stack.end())));

// {status, out, err, json}. Never throws: a failed run is a result too.
const load = (url, args) => new Promise((done) => {
  execFile(trine, ['load', url, '--json', ...args], { encoding: 'utf8' }, (error, out, err) =>
    done({ status: error ? error.code : 0, out, err, json: out.startsWith('{') ? JSON.parse(out) : null }));
});
// Requests at a steady pace, as a trace.
function steady(stack, n, apartMs, input = 20, output = 8) {
  const file = join(stack.folder, `steady-${n}.csv`);
  const rows = Array.from({ length: n }, (_, i) => `${i * apartMs},${input},${output}`);
  writeFileSync(file, ['timestamp_ms,input_length,output_length', ...rows, ''].join('\n'));
  return file;
}

test('through the gateway, the report has what the ledger has', async () => {
  const stack = newStack();
  const sim = await stack.sim('sim');
  await stack.gateway([onGpu('sim', sim.url, 'sim')]);
  const keyFile = join(stack.folder, 'key');
  writeFileSync(keyFile, `${key}\n`);
  const run = await load(stack.traffic, ['--model', 'demo', '--key-file', keyFile, '--trace', steady(stack, 60, 50), '--stream', '0.6', '--ignore-eos']);
  assert.ok([0, 3].includes(run.status), run.err);
  assert.equal(run.json.answered, 60, run.out);
  assert.equal(run.json.figures.answers, 60, 'an answer each, streamed or not, says its energy');
  assert.deepEqual(run.json.figures.quality, { S: 60 });
  assert.ok(run.json.figures.energy_uj > 0);
  assert.ok(!run.out.includes(key) && !run.err.includes(key));
  await stack.stopGateway();
  const { total } = await report(trine, stack.configFile);
  assert.equal(total.requests, 60);
  assert.equal(total.tokens_in, run.json.tokens.in);
  assert.equal(total.tokens_out, run.json.tokens.out);
  assert.equal(run.json.tokens.out, 60 * 8);
});

test('a wrong key is 60 failures with a code, and a failed run', async () => {
  const stack = newStack();
  const sim = await stack.sim('sim');
  await stack.gateway([onGpu('sim', sim.url, 'sim')]);
  const run = await load(`${stack.traffic}/v1`, ['--model', 'demo', '--trace', steady(stack, 60, 5)]);
  assert.equal(run.status, 1);
  assert.match(run.err, /No request was answered/);
  assert.deepEqual(run.json.failures.map(({ status, count }) => [status, count]), [[401, 60]], run.out);
  assert.ok(run.json.failures[0].code, 'the gateway has a code for it');
});

test('a frozen engine shows in the percentiles, not as one slow request', async () => {
  const stack = newStack();
  const sim = await stack.sim('sim', { args: ['--time-scale', '100'] });
  const running = load(sim.url, ['--model', 'gpt-oss-20b', '--trace', steady(stack, 100, 40)]);
  await pause(1000);
  kill(sim.process, 'SIGSTOP');
  await pause(2000);
  kill(sim.process, 'SIGCONT');
  const { json, out } = await running;
  assert.equal(json.sent, 100);
  assert.equal(json.answered, 100, out);
  const { p90, max } = json.latency_s.text.total;
  // 50 of the 100 requests were due while it was frozen; the 10 that waited longest waited over 1.6 s.
  assert.ok(max > 1.8, `max ${max}`);
  assert.ok(p90 > 1.3, `p90 ${p90}`);
  assert.ok(json.seconds < 8, 'and nobody waited for the frozen ones');
});

test('over TLS it wants a certificate that a CA signed which it trusts', async (t) => {
  const stack = newStack();
  const file = (name) => join(stack.folder, name);
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1',
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', file('key.pem'), '-out', file('cert.pem')]);
  if (made.status !== 0) return t.skip('skipped: there is no openssl command here');
  const server = createServer({ cert: readFileSync(file('cert.pem')), key: readFileSync(file('key.pem')) }, (request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(chunk({ content: 'a' }) + usageChunk(3, 1) + 'data: [DONE]\n\n');
    });
  });
  stack.servers.push(server);
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const url = `https://localhost:${server.address().port}`;
  const args = ['--model', 'm', '--trace', steady(stack, 5, 10)];
  const trusted = await load(url, [...args, '--ca', file('cert.pem')]);
  assert.equal(trusted.json.answered, 5, trusted.out + trusted.err);
  const { json, status } = await load(url, args);
  assert.equal(status, 1);
  assert.equal(json.failures[0].code, 'no_connection');
  assert.match(json.failures[0].example, /certificate/);
});

test('documents arrive whole, with as many requests as were asked for', async () => {
  const stack = newStack();
  const bodies = [];
  const upstream = await stack.upstream((request, response, body) => {
    bodies.push(JSON.parse(body));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ choices: [{ message: { content: 'a' }, finish_reason: 'stop' }], usage: { prompt_tokens: 1, completion_tokens: 1 } }));
  });
  const folder = join(stack.folder, 'documents');
  mkdirSync(folder);
  const pdf = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 251));
  writeFileSync(join(folder, 'a contract.pdf'), pdf);
  const run = await load(upstream.url, ['--model', 'm', '--trace', steady(stack, 50, 2), '--stream', '0', '--documents', folder, '--document-share', '0.4', '--seed', '1']);
  assert.equal(run.json.answered, 50, run.out + run.err);
  const parts = bodies.flatMap(({ messages }) => (Array.isArray(messages[0].content) ? messages[0].content : [])).filter(({ type }) => type === 'file');
  assert.ok(parts.length > 8 && parts.length < 32, `${parts.length} of 50`);
  assert.equal(run.json.latency_s.documents.total.count, parts.length);
  for (const { file } of parts) {
    assert.equal(file.filename, 'a contract.pdf');
    assert.ok(file.file_data.startsWith('data:application/pdf;base64,'));
    assert.deepEqual(Buffer.from(file.file_data.split(',')[1], 'base64'), pdf);
  }
});

const noEngine = realEngine();
test('a real engine: tokens as it counts them, first tokens before the last', { skip: noEngine }, async () => {
  const stack = newStack();
  const llama = await stack.llama();
  const run = await load(llama.url, ['--model', 'tiny', '--rate', '4/s', '--for', '5s', '--prompt-tokens', '40', '--max-tokens', '8', '--ignore-eos', '--seed', '4']);
  assert.ok([0, 3].includes(run.status), run.err);
  const { answered, scheduled, tokens, latency_s: { text } } = run.json;
  assert.ok(scheduled > 5 && answered === scheduled, run.out);
  assert.equal(tokens.out, 8 * answered, 'ignore_eos is kept');
  assert.equal(tokens.answers_without_usage, 0);
  assert.equal(text.first_token.count, answered);
  assert.ok(text.first_token.max <= text.total.max && text.per_output_token.p50 > 0);
});
