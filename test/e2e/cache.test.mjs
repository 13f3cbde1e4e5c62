// Answers that are given again by the real program: to the unmodified OpenAI client, across a restart, and until they are erased.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { key, Stack, trine } from './harness.mjs';

const stack = new Stack();
let client;
let asked = 0;
const question = (text, more = {}) => ({ model: 'demo', temperature: 0, messages: [{ role: 'user', content: text }], ...more });
const usage = { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 };
const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Nice"}' } };

function answer(request, response, text) {
  asked += 1;
  const body = JSON.parse(text);
  const wantsTool = Boolean(body.tools);
  const words = `answer ${asked}`;
  const base = { id: `c${asked}`, created: 1, model: 'm' };
  if (!body.stream) {
    const message = wantsTool ? { role: 'assistant', content: null, tool_calls: [call] } : { role: 'assistant', content: words };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ...base, object: 'chat.completion', choices: [{ index: 0, message, finish_reason: wantsTool ? 'tool_calls' : 'stop' }], usage }));
    return;
  }
  response.setHeader('content-type', 'text/event-stream');
  const send = (rest) => response.write(`data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', ...rest })}\n\n`);
  const delta = (d, finish = null) => send({ choices: [{ index: 0, delta: d, finish_reason: finish }] });
  delta({ role: 'assistant', content: '' });
  for (const word of words.split(' ')) delta({ content: `${word} ` });
  delta({}, 'stop');
  if (body.stream_options?.include_usage) send({ choices: [], usage });
  response.end('data: [DONE]\n\n');
}

async function ask(request, options) {
  const { data, response } = await client.chat.completions.create(request, options).withResponse();
  return { state: response.headers.get('x-trine-cache'), text: data.choices[0].message.content, message: data.choices[0].message, usage: data.usage, response };
}

async function streamed(request) {
  const { data, response } = await client.chat.completions.create({ ...request, stream: true, stream_options: { include_usage: true } }).withResponse();
  let text = '';
  let seen;
  for await (const part of data) {
    text += part.choices[0]?.delta?.content ?? '';
    seen = part.usage ?? seen;
  }
  return { state: response.headers.get('x-trine-cache'), text, usage: seen };
}

before(async () => {
  const upstream = await stack.upstream(answer);
  const deployment = { name: 'one', url: upstream.url, engine: 'other', model: 'm', catalog_model: 'gpt-oss-20b', gpu: 'A100-PCIe-80GB', zone: 'DE', price: { per_hour: 1.2 } };
  await stack.gateway([deployment], (config) => {
    config.vault = { dir: join(stack.folder, 'vault') };
    config.guard = { on: false };
    config.routes[0].cache = { persist: true };
  });
  client = stack.client();
});
after(() => stack.end());

test('an answer is given again, whole and as a stream, with its usage and no energy', async () => {
  const first = await ask(question('Bonjour'));
  const again = await ask(question('Bonjour', { user: 'bert' }));
  assert.deepEqual([first.state, again.state, again.text], ['miss', 'hit', first.text]);
  assert.equal(again.usage.prompt_tokens, 20);
  assert.equal(again.usage.trine.energy_j, 0);
  const stream = await streamed(question('Bonjour'));
  assert.deepEqual([stream.state, stream.text, stream.usage.completion_tokens], ['hit', first.text, 5]);
  assert.equal(asked, 1);
});

test('a stream is given again as a stream, and whole', async () => {
  const first = await streamed(question('Salut'));
  const again = await streamed(question('Salut'));
  assert.deepEqual([first.state, again.state, again.text], ['miss', 'hit', first.text]);
  const whole = await ask(question('Salut'));
  assert.deepEqual([whole.state, whole.text], ['hit', first.text]);
});

test('tool calls are given again', async () => {
  const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } }];
  await ask(question('Weather?', { tools }));
  const again = await ask(question('Weather?', { tools }));
  assert.equal(again.state, 'hit');
  assert.deepEqual(again.message.tool_calls, [call]);
});

test('requests that ask the same at the same time make one call', async () => {
  const before_ = asked;
  const all = await Promise.all(Array.from({ length: 8 }, () => ask(question('All at once'))));
  assert.equal(asked, before_ + 1);
  assert.equal(new Set(all.map((a) => a.text)).size, 1);
  assert.equal(all.filter((a) => a.state === 'miss').length, 1);
});

test('answers outlast a restart, unreadable on the disk', async () => {
  const first = await ask(question('Before the restart', { user: 'anna' }));
  await stack.stopGateway();
  const folder = join(stack.folder, 'vault');
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, name)).toString('latin1');
    assert.ok(!bytes.includes('answer') && !bytes.includes('anna'), name);
  }
  await stack.startGateway();
  const again = await ask(question('Before the restart'));
  assert.deepEqual([again.state, again.text], ['hit', first.text]);
});

test('an erasure reaches the running gateway and the disk', async () => {
  const out = execFileSync(trine, ['erase', '-c', stack.configFile, '--user', 'anna'], { encoding: 'utf8' });
  assert.match(out, /Erased/);
  const again = await ask(question('Before the restart'));
  assert.equal(again.state, 'miss');
  assert.equal((await ask(question('Salut'))).state, 'hit', "others' answers stay");
});

test('Cache-Control: no-store leaves nothing behind', async () => {
  const headers = { 'cache-control': 'no-store' };
  assert.equal((await ask(question('Not kept'), { headers })).state, null);
  assert.equal((await ask(question('Not kept'))).state, 'miss');
});

test('metrics count what became of them', async () => {
  const page = await (await fetch(`${stack.admin}/metrics`, { headers: { authorization: `Bearer ${key}` } })).text();
  assert.match(page, /trine_cache_requests_total\{result="hit"\} [1-9]/);
});
