// The program as an operator meets it: curl, errors that say what to do, reload, drain, check.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { chunk, key, onGpu, root, Stack, trine, until, usageChunk } from './harness.mjs';

const stack = new Stack();
before(async () => {
  const sim = await stack.sim('sim');
  await stack.gateway([onGpu('sim', sim.url, 'sim')]);
});
after(() => stack.end());

const hello = { model: 'sim', max_tokens: 8, messages: [{ role: 'user', content: 'hello' }] };
// Not spawnSync: the answer may need this process (a test's own upstream) to go on.
const curl = async (...args) => (await promisify(execFile)('curl', ['-sS', '--max-time', '20', ...args])).stdout;

test('curl gets a streamed answer', async () => {
  const text = await curl('-N', `${stack.traffic}/v1/chat/completions`, '-H', `Authorization: Bearer ${key}`, '-H', 'Content-Type: application/json',
    '-d', JSON.stringify({ ...hello, stream: true }));
  assert.match(text, /^data: \{/);
  assert.ok(text.endsWith('data: [DONE]\n\n'));
});

test('a simulated answer says so, in the head and in the body', async () => {
  const response = await stack.post('/v1/chat/completions', hello);
  assert.equal(response.headers.get('x-trine-quality'), 'S');
  assert.match(JSON.stringify(await response.json()), /simulated/);
});

const refusals = [
  ['no key', 401, 'missing_api_key', () => stack.post('/v1/chat/completions', hello, { headers: { authorization: '' } })],
  ['a wrong key', 401, 'invalid_api_key', () => stack.post('/v1/chat/completions', hello, { headers: { authorization: 'Bearer sk-no' } })],
  ['broken JSON', 400, 'invalid_json', () => stack.post('/v1/chat/completions', '{"model":"sim",')],
  ['text after the JSON', 400, 'invalid_json', () => stack.post('/v1/chat/completions', `${JSON.stringify(hello)}{}`)],
  ['no model', 400, 'missing_model', () => stack.post('/v1/chat/completions', { messages: [] })],
  ['an unknown model', 404, 'unknown_model', () => stack.post('/v1/chat/completions', { ...hello, model: 'simm' })],
  ['a body over the limit', 413, 'body_too_large', () => stack.post('/v1/chat/completions', `{"model":"sim","x":"${'a'.repeat(33 * 1024 * 1024)}"}`)],
];
for (const [what, status, code, send] of refusals) {
  test(`${what} is refused with ${status} and a sentence`, async () => {
    const response = await send();
    assert.equal(response.status, status);
    const { error } = await response.json();
    assert.equal(error.code, code);
    assert.match(error.message, /\w+ \w+ \w+/);
  });
}

// Bytes on a raw connection; the status line of the answer.
const raw = (bytes) => new Promise((resolve, reject) => {
  const socket = connect(Number(new URL(stack.traffic).port), '127.0.0.1', () => socket.write(bytes));
  let text = '';
  socket.setTimeout(15_000, () => socket.destroy(new Error('no answer')));
  socket.on('data', (data) => (text += data));
  socket.on('close', () => resolve(text.split('\r\n')[0]));
  socket.on('error', reject);
});
const malformed = [
  ['both lengths', 'POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['two lengths', 'POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!'],
  ['a folded header', 'GET /v1/models HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n'],
  ['bare line feeds', 'GET /v1/models HTTP/1.1\nHost: a\n\n'],
  ['an oversized head', `GET /v1/models HTTP/1.1\r\nHost: a\r\nX-A: ${'b'.repeat(70_000)}\r\n\r\n`],
  ['a space before the colon', 'GET /v1/models HTTP/1.1\r\nHost : a\r\n\r\n'],
  ['noise', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
];
for (const [what, bytes] of malformed) {
  test(`a head with ${what} is refused with a 4xx`, async () => {
    assert.match(await raw(bytes), /^HTTP\/1\.1 4\d\d /);
  });
}

test('SIGHUP takes a new route in, without dropping a running stream', async () => {
  let upstream;
  const slow = await stack.upstream((request, response) => {
    upstream = response;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ content: 'before' }));
  });
  const config = structuredClone(stack.config);
  config.deployments.push(onGpu('slow', slow.url));
  config.routes.push({ model: 'slow', deployments: ['slow'], weights: { cost: 1, control: 0, carbon: 0 } });
  stack.writeConfig(config);
  process.kill(stack.gatewayProcess.pid, 'SIGHUP');
  const models = async () => (await stack.client().models.list()).data.map((model) => model.id);
  await until(async () => (await models()).includes('slow'), 'the new route is not served');

  const response = await stack.post('/v1/chat/completions', { ...hello, model: 'slow', stream: true });
  const reader = response.body.getReader();
  let text = Buffer.from((await reader.read()).value).toString();
  config.routes.push({ model: 'second', deployments: ['sim'], weights: { cost: 1, control: 0, carbon: 0 } });
  stack.writeConfig(config);
  process.kill(stack.gatewayProcess.pid, 'SIGHUP');
  await until(async () => (await models()).includes('second'), 'the second route is not served');
  upstream.end(chunk({ content: 'after' }) + usageChunk(1, 2) + 'data: [DONE]\n\n');
  for (let part; !(part = await reader.read()).done;) text += Buffer.from(part.value).toString();
  assert.match(text, /before[^]*after[^]*\[DONE\]/);
});

test('a broken file at SIGHUP changes nothing', async () => {
  const good = stack.config;
  writeFileSync(stack.configFile, 'listen: [');
  process.kill(stack.gatewayProcess.pid, 'SIGHUP');
  await until(() => /trine\.yaml:\d+:\d+/.test(stack.gatewayLog()), 'the log does not name the place');
  assert.equal((await stack.post('/v1/chat/completions', hello)).status, 200);
  stack.writeConfig(good);
});

test('SIGTERM lets a running stream end, then exits 0', async () => {
  const other = new Stack();
  try {
    let upstream;
    const slow = await other.upstream((request, response) => {
      upstream = response;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ content: 'before' }));
    });
    await other.gateway([onGpu('slow', slow.url)]);
    const response = await other.post('/v1/chat/completions', { ...hello, model: 'slow', stream: true });
    const reader = response.body.getReader();
    let text = Buffer.from((await reader.read()).value).toString();
    const ended = other.stopGateway('SIGTERM');
    await until(async () => !(await fetch(`${other.traffic}/health`).then((r) => r.ok, () => false)), 'the gateway still says that it is ready');
    upstream.end(chunk({ content: 'after' }) + usageChunk(1, 2) + 'data: [DONE]\n\n');
    for (let part; !(part = await reader.read()).done;) text += Buffer.from(part.value).toString();
    assert.match(text, /before[^]*after[^]*\[DONE\]/);
    assert.deepEqual(await ended, { code: 0, signal: null });
  } finally {
    await other.end();
  }
});

test('check names file, line, column and the nearest right name', () => {
  const file = join(stack.folder, 'wrong.yaml');
  writeFileSync(file, 'listen: { traffic: 127.0.0.1:8080 }\ndeploymnts: []\n');
  const run = spawnSync(trine, ['check', '-c', file], { encoding: 'utf8' });
  assert.notEqual(run.status, 0);
  assert.match(run.stderr + run.stdout, /wrong\.yaml:2:1: .*deployments/);
});

test('every shipped example passes check, or is a fleet that can be scored, or a policy that can be told', () => {
  const examples = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.yaml'));
  for (const name of examples) {
    const file = join(root, 'examples', name);
    const text = readFileSync(file, 'utf8');
    const words = /^options:/m.test(text) ? ['score', '--fleet', file]
      : /^owner:/m.test(text) ? ['guard', 'policy', '--policy', file] : ['check', '-c', file];
    execFileSync(trine, words, { cwd: root, stdio: 'pipe' });
  }
  assert.ok(existsSync(join(root, 'examples/peers.yaml')), 'examples/peers.yaml is shipped');
});

test('the admin port shows metrics, the traffic port does not', async () => {
  assert.equal((await fetch(`${stack.admin}/metrics`)).status, 200);
  assert.notEqual((await fetch(`${stack.traffic}/metrics`, { headers: { authorization: `Bearer ${key}` } })).status, 200);
});
