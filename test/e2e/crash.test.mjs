// kill -9 in the middle of a load of 200 streams: after a restart every answer that a client saw complete is one request
// with the same tokens, every other started one is one interrupted request, and nothing hangs loose.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { request as httpRequest, Agent } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { chunk, events, key, onGpu, pause, report, requestView, Stack, trine, until, usageChunk } from './harness.mjs';

const STREAMS = 200;
const stack = new Stack();
after(() => stack.end());

// One stream as a client sees it: the id of the head, the content chunks, whether the end came, the usage told.
function open(port, agent, number) {
  const seen = { number, id: null, text: '', ended: false };
  const body = JSON.stringify({
    model: 'demo', stream: true, stream_options: { include_usage: true }, messages: [{ role: 'user', content: `document ${number}` }],
  });
  seen.closed = new Promise((resolve) => {
    const request = httpRequest({
      port, host: '127.0.0.1', path: '/v1/chat/completions', method: 'POST', agent,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    }, (response) => {
      seen.id = response.headers['x-trine-request-id'];
      response.on('data', (data) => (seen.text += data));
      response.on('error', () => {});
      response.on('close', resolve);
    });
    request.on('error', resolve);
    request.end(body);
  });
  return seen;
}

test('200 streams, kill -9, restart: the ledger tells the same story as the clients', { timeout: 120_000 }, async () => {
  // Streams of different lengths, so that at the kill some are complete, some have begun and some have not.
  let begun = 0;
  const upstream = await stack.upstream(async (request, response) => {
    const length = 3 + (begun++ % 40);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.on('error', () => {});
    for (let i = 0; i < length && !response.destroyed; i++) {
      response.write(chunk({ content: `word${i} ` }));
      await pause(20 + (begun % 7) * 5);
    }
    response.end(usageChunk(11, length) + 'data: [DONE]\n\n');
  });
  await stack.gateway([onGpu('up', upstream.url)]);
  const port = Number(new URL(stack.traffic).port);
  const agent = new Agent({ keepAlive: false, maxSockets: Infinity });
  const streams = Array.from({ length: STREAMS }, (_, i) => open(port, agent, i));

  const complete = (seen) => seen.text.endsWith('data: [DONE]\n\n');
  await until(() => streams.filter(complete).length >= STREAMS / 4, 'a quarter of the streams is not complete', 60_000, 5);
  await stack.stopGateway('SIGKILL');
  await Promise.all(streams.map((seen) => seen.closed));
  const done = streams.filter(complete);
  const broken = streams.filter((seen) => !complete(seen));
  assert.ok(done.length > 0 && broken.length > 0, `${done.length} complete, ${broken.length} broken: the kill came at the wrong time`);

  await stack.startGateway();
  const ids = new Set();
  for (const seen of streams.filter((s) => s.id)) {
    assert.ok(!ids.has(seen.id), 'ids are unique');
    ids.add(seen.id);
    const view = await until(() => requestView(stack.traffic, key, seen.id), `request ${seen.id} is not in the ledger`);
    if (complete(seen)) {
      const usage = events(seen.text).filter((e) => e.startsWith('data: {')).map((e) => JSON.parse(e.slice(6)).usage).find(Boolean);
      assert.equal(view.outcome, 'ok');
      assert.equal(view.calls.length, 1);
      assert.equal(view.calls[0].tokens_in, usage.prompt_tokens);
      assert.equal(view.calls[0].tokens_out, usage.completion_tokens);
    } else {
      // Its facts may have been written just before the kill; then it is complete in the ledger, and the tokens are known.
      assert.ok(['interrupted', 'ok'].includes(view.outcome), view.outcome);
      const relayed = (seen.text.match(/word\d+/g) ?? []).length;
      assert.ok(view.calls[0].tokens_out >= relayed, `${view.calls[0].tokens_out} tokens in the ledger, the client had seen ${relayed}`);
    }
  }

  // Every stream that reached the upstream is exactly one request with one call, seen by its client or not.
  const sums = (await report(trine, stack.configFile)).total;
  assert.equal(sums.requests, begun);
  assert.equal(sums.calls, begun);
  assert.ok(sums.outcomes.interrupted > 0);
  assert.equal(sums.outcomes.ok + sums.outcomes.interrupted, begun);
  assert.ok(sums.outcomes.ok >= done.length);

  await stack.stopGateway('SIGTERM');
  const database = execFileSync('find', [join(stack.folder, 'ledger'), '-name', '*.db', '-o', '-name', '*.sqlite'], { encoding: 'utf8' }).trim();
  const count = (sql) => Number(execFileSync('sqlite3', [database, sql], { encoding: 'utf8' }));
  assert.equal(count('SELECT count(*) FROM calls WHERE request NOT IN (SELECT id FROM requests)'), 0, 'calls without a request');
  assert.equal(count('SELECT count(*) FROM requests WHERE id NOT IN (SELECT request FROM calls)'), 0, 'requests without a call');
  assert.equal(count('SELECT count(*) FROM settlements s WHERE NOT EXISTS (SELECT 1 FROM calls c WHERE c.request = s.request AND c.attempt = s.attempt)'), 0);
  assert.equal(count('SELECT count(*) FROM open_calls') + count('SELECT count(*) FROM open_requests'), 0, 'something is still open');
});
