// Streams in detail, with upstreams whose every byte the test decides.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { chunk, events, finalView, key, onGpu, Stack, until, usageChunk } from './harness.mjs';

const stacks = [];
after(() => Promise.all(stacks.map((stack) => stack.end())));

async function gatewayBefore(...handlers) {
  const stack = new Stack();
  stacks.push(stack);
  const upstreams = [];
  for (const handler of handlers) upstreams.push(await stack.upstream(handler));
  return stack.gateway(upstreams.map(({ url }, i) => onGpu(`up-${i}`, url)));
}
const stream = { model: 'demo', stream: true, messages: [{ role: 'user', content: 'x' }] };
const head = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' });

test('events pass byte for byte, odd spacing and unknown fields included', async () => {
  const odd = [
    'data: {"id":"1" ,"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"h\\u00e9"}}],"x_vendor":{"a":[1, 2]}}\n\n',
    ': a comment of the engine\n\n',
    'data:{"choices":[{"index":0,"delta":{"content":"no space"},"finish_reason":null}]}\n\n',
    'event: extra\ndata: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n',
  ];
  const stack = await gatewayBefore((request, response) => {
    head(response);
    response.end(odd.join('') + usageChunk(3, 2) + 'data: [DONE]\n\n');
  });
  const text = await (await stack.post('/v1/chat/completions', stream)).text();
  assert.ok(text.startsWith(odd.join('')), text);
  assert.match(text.slice(odd.join('').length), /^: trine \{.*\}\n\ndata: \[DONE\]\n\n$/);
});

test('usage is asked for upstream, and the rest of the body is untouched', async () => {
  let seen;
  const stack = await gatewayBefore((request, response, body) => {
    seen = body;
    head(response);
    response.end(chunk({ content: 'a' }) + usageChunk(1, 1) + 'data: [DONE]\n\n');
  });
  const sent = '{"model":"demo",  "stream":true,"x":{"keep": [1,2 ,3]},"messages":[{"role":"user","content":"\\u0041"}]}';
  await (await stack.post('/v1/chat/completions', sent)).text();
  assert.equal(JSON.parse(seen).stream_options.include_usage, true);
  assert.equal(JSON.parse(seen).model, 'gpt-oss-20b');
  assert.ok(seen.includes('"x":{"keep": [1,2 ,3]},"messages":[{"role":"user","content":"\\u0041"}]'), seen);
});

test('each complete event is flushed at once', async () => {
  let upstream;
  const stack = await gatewayBefore((request, response) => {
    upstream = response;
    head(response);
    response.write(chunk({ content: 'first' }));
  });
  const response = await stack.post('/v1/chat/completions', stream);
  const reader = response.body.getReader();
  const { value } = await reader.read();  // comes although the upstream sends nothing more
  assert.match(Buffer.from(value).toString(), /first/);
  upstream.end(usageChunk(1, 1) + 'data: [DONE]\n\n');
  while (!(await reader.read()).done);
});

test('a client that leaves closes the upstream before the next chunk, and is billed for what was generated', async () => {
  const order = [];
  const stack = await gatewayBefore(async (request, response) => {
    response.on('close', () => order.push('upstream closed'));
    head(response);
    response.write(chunk({ content: 'one' }) + chunk({ content: 'two' }));
    await until(() => order.includes('client left'), 'the client did not leave');
    await until(() => order.includes('upstream closed'), 'the upstream was not closed', 5000, 1).catch(() => {});
    order.push('next chunk');
    response.end();
  });
  const controller = new AbortController();
  const response = await stack.post('/v1/chat/completions', stream, { signal: controller.signal });
  const reader = response.body.getReader();
  let got = '';
  while (!got.includes('two')) got += Buffer.from((await reader.read()).value).toString();
  order.push('client left');
  controller.abort();
  await until(() => order.includes('next chunk'), 'the upstream waits', 8000);
  assert.deepEqual(order, ['client left', 'upstream closed', 'next chunk']);
  const view = await finalView(stack.traffic, key, response.headers.get('x-trine-request-id'));
  assert.equal(view.outcome, 'cancelled');
  assert.equal(view.calls.length, 1);
  assert.equal(view.calls[0].tokens_out, 2);
});

test('an upstream that dies before the first token is retried elsewhere', async () => {
  let deaths = 0;
  const dies = (request, response) => {
    deaths += 1;
    request.socket.destroy();
  };
  const lives = (request, response) => {
    head(response);
    response.end(chunk({ content: 'alive' }) + usageChunk(1, 1) + 'data: [DONE]\n\n');
  };
  // Whichever is asked first: the one that lives is reached.
  for (const handlers of [[dies, lives], [lives, dies]]) {
    const stack = await gatewayBefore(...handlers);
    const response = await stack.post('/v1/chat/completions', stream);
    assert.equal(response.status, 200);
    assert.match(await response.text(), /alive/);
  }
  assert.ok(deaths >= 1, 'one of the two orders met the dying upstream');
});

test('an upstream that dies after the first token gives an error event in the stream', async () => {
  const stack = await gatewayBefore((request, response) => {
    head(response);
    response.write(chunk({ content: 'half' }), () => setImmediate(() => request.socket.destroy()));
  });
  const response = await stack.post('/v1/chat/completions', stream);
  const all = events(await response.text());
  assert.match(all[0], /half/);
  const error = all.filter((event) => event.startsWith('data: {')).map((event) => JSON.parse(event.slice(6)).error).find(Boolean);
  assert.equal(error.code, 'upstream_broke_stream');
  assert.ok(error.message.length > 20, 'a sentence that says what to do');
  const view = await finalView(stack.traffic, key, response.headers.get('x-trine-request-id'));
  assert.equal(view.outcome, 'failed');
  assert.equal(view.calls.length, 1, 'no second call once a token was out');
});

test('with every upstream gone the answer is 502 or 503 in OpenAI\'s shape', async () => {
  const stack = await gatewayBefore((request) => request.socket.destroy());
  const response = await stack.post('/v1/chat/completions', { ...stream, stream: false });
  assert.ok([502, 503].includes(response.status), String(response.status));
  const { error } = await response.json();
  assert.ok(error.message && error.type && error.code, JSON.stringify(error));
});
