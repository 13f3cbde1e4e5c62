// The unmodified OpenAI client against a real llama-server behind the gateway.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { events, finalView, key, onGpu, realEngine, requestView, Stack } from './harness.mjs';

const skip = realEngine();
const stack = new Stack();
let client;
let engine;
const user = (content) => [{ role: 'user', content }];

before(async () => {
  if (skip) return;
  engine = await stack.llama();
  const embedder = await stack.llama({ args: ['--embeddings', '--pooling', 'mean'] });
  const tiny = { model: 'tiny', catalog_model: 'gpt-oss-20b' };
  await stack.gateway([
    onGpu('tiny', engine.url, 'llama.cpp', tiny),
    onGpu('embedder', embedder.url, 'llama.cpp', { ...tiny, endpoints: ['embeddings'] }),
  ], (config) => { config.routes = config.routes.filter((route) => route.model !== 'demo'); });
  client = stack.client();
});
after(() => stack.end());

test('an answer carries usage, the route, and what it cost', { skip }, async () => {
  const { data, response } = await client.chat.completions.create({ model: 'tiny', temperature: 0, max_tokens: 12, messages: user('hello') }).withResponse();
  assert.ok(data.choices[0].message.content.length > 0);
  assert.equal(data.usage.completion_tokens, 12);
  assert.equal(response.headers.get('x-trine-route'), 'tiny');
  assert.match(response.headers.get('x-trine-request-id'), /^req_[0-9A-HJKMNP-TV-Z]{26}$/);
  for (const name of ['energy-j', 'carbon-g', 'cost']) {
    assert.ok(Number(response.headers.get(`x-trine-${name}`)) > 0, `x-trine-${name} is ${response.headers.get(`x-trine-${name}`)}`);
  }
  assert.match(response.headers.get('x-trine-quality'), /^[A-D]$/);
  assert.ok(data.usage.trine, 'usage.trine is in the body');
});

test('the streamed text is the text of the plain answer', { skip }, async () => {
  const body = { model: 'tiny', temperature: 0, max_tokens: 24, messages: user('the same words') };
  const plain = await client.chat.completions.create(body);
  let streamed = '';
  for await (const part of await client.chat.completions.create({ ...body, stream: true })) streamed += part.choices[0]?.delta?.content ?? '';
  assert.equal(streamed, plain.choices[0].message.content);
});

test('usage that the client did not ask for stays hidden, and one comment line tells the figures', { skip }, async () => {
  const response = await stack.post('/v1/chat/completions', { model: 'tiny', stream: true, temperature: 0, max_tokens: 8, messages: user('hello') });
  assert.equal(response.headers.get('content-type').split(';')[0], 'text/event-stream');
  const all = events(await response.text());
  assert.equal(all.at(-1), 'data: [DONE]');
  assert.ok(!all.some((event) => event.startsWith('data: {') && JSON.parse(event.slice(6)).usage), 'no usage reaches the client');
  const comments = all.filter((event) => event.startsWith(':'));
  assert.equal(comments.length, 1);
  assert.equal(comments[0], all.at(-2));
  const figures = JSON.parse(comments[0].replace(/^: trine /, ''));
  assert.ok(Object.keys(figures).length > 0);
});

test('usage that the client asked for comes with usage.trine and without a comment', { skip }, async () => {
  const response = await stack.post('/v1/chat/completions',
    { model: 'tiny', stream: true, stream_options: { include_usage: true }, temperature: 0, max_tokens: 8, messages: user('hello') });
  const all = events(await response.text());
  const withUsage = all.filter((event) => event.startsWith('data: {')).map((event) => JSON.parse(event.slice(6))).filter((data) => data.usage);
  assert.equal(withUsage.length, 1);
  assert.equal(withUsage[0].usage.completion_tokens, 8);
  assert.ok(withUsage[0].usage.trine);
  assert.deepEqual(all.filter((event) => event.startsWith(':')), []);
});

test('a prompt over the context is refused in the engine\'s own words', { skip }, async () => {
  const request = { model: 'tiny', max_tokens: 4, messages: user(Array.from({ length: 3000 }, (_, i) => `Item ${i} costs ${i % 97} euros.`).join(' ')) };
  await assert.rejects(client.chat.completions.create(request), (error) => {
    assert.equal(error.status, 400);
    assert.match(error.message, /context/i);
    return true;
  });
});

test('embeddings come back as vectors, and are metered', { skip }, async () => {
  const { data, response } = await client.embeddings.create({ model: 'embedder', input: ['one', 'two'], encoding_format: 'float' }).withResponse();
  assert.equal(data.data.length, 2);
  assert.ok(data.data[0].embedding.every(Number.isFinite));
  assert.ok(Number(response.headers.get('x-trine-energy-j')) > 0);
});

test('a tool loop runs to its answer', { skip }, async () => {
  const tools = [{
    type: 'function',
    function: { name: 'lookup', description: 'finds a value', parameters: { type: 'object', properties: { unit: { type: 'string', enum: ['kWh', 'EUR'] } }, required: ['unit'] } },
  }];
  const messages = user('How much?');
  const first = (await client.chat.completions.create({ model: 'tiny', max_tokens: 200, temperature: 0, tool_choice: 'required', tools, messages })).choices[0];
  assert.equal(first.finish_reason, 'tool_calls');
  const call = first.message.tool_calls[0];
  assert.ok(['kWh', 'EUR'].includes(JSON.parse(call.function.arguments).unit));
  messages.push(first.message, { role: 'tool', tool_call_id: call.id, content: '42' });
  const second = (await client.chat.completions.create({ model: 'tiny', max_tokens: 16, tools, messages })).choices[0];
  assert.ok(second.message.content.length > 0);
});

test('completions and responses answer too', { skip }, async () => {
  const completion = await client.completions.create({ model: 'tiny', prompt: 'Once', max_tokens: 5, temperature: 0 });
  assert.equal(completion.usage.completion_tokens, 5);
  const response = await client.responses.create({ model: 'tiny', input: 'Once', max_output_tokens: 5, temperature: 0 });
  assert.ok(response.usage.output_tokens > 0);
});

test('the list of models holds the routes', { skip }, async () => {
  const ids = (await client.models.list()).data.map((model) => model.id).sort();
  assert.deepEqual(ids, ['embedder', 'tiny']);
});

test('a request can be asked for afterwards, by its id', { skip }, async () => {
  const { data, response } = await client.chat.completions.create({ model: 'tiny', temperature: 0, max_tokens: 6, messages: user('later') }).withResponse();
  const view = await finalView(stack.traffic, key, response.headers.get('x-trine-request-id'));
  const text = JSON.stringify(view);
  assert.ok(text.includes(response.headers.get('x-trine-request-id')));
  assert.ok(text.includes('"tiny"'));
  assert.equal(await requestView(stack.traffic, 'sk-wrong', response.headers.get('x-trine-request-id')), null, 'another key does not see it');
  assert.equal(data.usage.completion_tokens, 6);
});

test('a client that leaves frees the engine\'s slot', { skip }, async () => {
  const metric = async () => Number(/llamacpp:requests_processing (\d+)/.exec(await (await fetch(`${engine.base}/metrics`)).text())[1]);
  const controller = new AbortController();
  const stream = await client.chat.completions.create({ model: 'tiny', stream: true, temperature: 0, max_tokens: 1800, messages: user('go on') }, { signal: controller.signal });
  let seen = 0;
  try {
    for await (const part of stream) if (part.choices[0]?.delta?.content && ++seen === 3) controller.abort();
  } catch (error) {
    assert.match(error.name + error.message, /abort/i);
  }
  const end = Date.now() + 2000;
  while (await metric() > 0) assert.ok(Date.now() < end, 'the engine still generates two seconds after the client left');
});
