// URLs in requests to the real program: an image of an allowed server reaches the engine as bytes, all else is refused
// and asks nobody.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { onGpu, Stack } from './harness.mjs';

const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const stack = new Stack();
const asked = [];
const sent = [];
const pictures = createServer((request, response) => {
  asked.push(request.url);
  if (request.url === '/away') return response.writeHead(302, { location: 'http://127.0.0.1:1/x' }).end();
  return response.end(request.url === '/a.png' ? png : '<html>');
});

before(async () => {
  await new Promise((done) => pictures.listen(0, '127.0.0.1', done));
  const engine = await stack.upstream((request, response, body) => {
    sent.push(JSON.parse(body));
    response.setHeader('content-type', 'application/json');
    response.end('{"choices":[{"message":{"content":"ok"}}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}');
  });
  await stack.gateway([onGpu('one', engine.url)], (config) => {
    config.identity = { dir: `${stack.folder}/identity` };
    config.egress = { hosts: [`localhost:${pictures.address().port}`], internal: ['127.0.0.0/8', '::1/128'], plain_http: true };
  });
});
after(async () => {
  await stack.end();
  await new Promise((done) => pictures.close(done));
});

const ask = async (url, part = { type: 'image_url', image_url: { url } }) => {
  const r = await stack.post('/v1/chat/completions', { model: 'one', messages: [{ role: 'user', content: [part] }] });
  return { status: r.status, error: (await r.json()).error };
};
const at = (path) => `http://localhost:${pictures.address().port}${path}`;

test('the engine gets the bytes of an allowed image', async () => {
  assert.equal((await ask(at('/a.png'))).status, 200);
  assert.deepEqual(asked, ['/a.png']);
  assert.equal(sent.at(-1).messages[0].content[0].image_url.url, `data:image/png;base64,${png.toString('base64')}`);
});

test('what is no image, leads on elsewhere, or is not listed, reaches neither engine nor server', async () => {
  const [images, requests] = [asked.length, sent.length];
  assert.equal((await ask(at('/page'))).error.code, 'url_not_fetched');
  assert.equal((await ask(at('/away'))).error.code, 'url_not_allowed');
  assert.equal(asked.length, images + 2);
  for (const url of ['http://127.0.0.1:1/', 'http://169.254.169.254/latest', at('/a.png').replace('localhost', 'localhost@127.0.0.1'),
    'https://example.org/a.png']) {
    const { status, error } = await ask(url);
    assert.deepEqual([status, error.code], [403, 'url_not_allowed'], url);
  }
  assert.equal((await ask('file:///etc/passwd')).error.code, 'invalid_request');
  assert.deepEqual([asked.length, sent.length], [images + 2, requests]);
});

test('without its block the same server is inside, and refused', async () => {
  const config = JSON.parse(readFileSync(stack.configFile));
  delete config.egress.internal;
  await stack.stopGateway();
  stack.writeConfig(config);
  await stack.startGateway();
  const before = asked.length;
  const { status, error } = await ask(at('/a.png'));
  assert.equal(status, 403);
  assert.match(error.message, /leads to a loopback address/);
  assert.equal(asked.length, before);
});
